"""Files of mutated bytes: whatever stands in them, they are refused or every row of them is answered.

``FUZZ_SEED=n`` begins at another seed, and ``FUZZ_FILES=n`` tries so many; a failing test names its own.
"""

import csv
import io
import json
import os
import random
from typing import Any

import pytest

from registrar.domain.errors import ImportRefused, Problem
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.objects import Objects
from registrar.imports.domain.reading import Format, rows_of
from registrar.imports.domain.results import ChunkResult, RowOutcome, RowResult
from tests.fuzz.mutation import CELL_VALUES, FIRST_SEED, JSON_VALUES, mutation
from tests.integration.import_machine import ACTOR, BUCKET, ImportMachine, started_at, step, use
from tests.memory_s3 import MemoryS3

FILES = int(os.environ.get("FUZZ_FILES", "400"))

HEADER = b"user_id,action,username,email,display_name,status,tags,expected_version,reason,change_id\r\n"
SAMPLES = {
    "csv": [
        HEADER
        + b'u-1,create,ada,ada@example.com,"Ada ""A"" L.",active,"{""team"": ""navy""}",,first,c-1\r\n'
        + b"u-1,update,\\N,,'=1+1,suspended,,1,,c-2\r\n,create,bob,bob@example.com,\xc3\x96mer,,,,,\r\n"
        + b"u-1,delete,,,,,,,bye,\r\n",
        b"\xef\xbb\xbfUser_ID,Email\n,one@example.com\nu-3,'=two@example.com\n\n,,\nu-4,three@example.com,x\n",
        b'email,tags\rfour@example.com,"{""a"": ""line\rbreak""}"\r',
    ],
    "jsonl": [
        b"""{"user_id": "u-1", "attributes": {"username": "ada", "tags": {"a": "b"}}, "change_id": "c-1"}
{"action": "update", "user_id": "u-1", "attributes": {"email": null}, "expected_version": 1}
{"change_id": "c-2", "attributes": {"display_name": "\\u00d6mer \\ud83d\\ude00"}}
{"action": "delete", "user_id": "u-1", "reason": "bye", "import_errors": "old"}
""",
        b"""{"change_id": "\\udfff", "attributes": {}}
{"expected_version": 1e999, "attributes": {}}
[]

{""",
    ],
}
VALUES = {"csv": CELL_VALUES, "jsonl": JSON_VALUES}


def mutated(form: str, seed: int) -> bytes:
    """Return the file of a seed."""
    rng = random.Random(seed)
    return mutation(rng.choice(SAMPLES[form]), SAMPLES[form], VALUES[form], rng)


@pytest.fixture
def s3(monkeypatch) -> MemoryS3:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3 = MemoryS3()
    use(monkeypatch, Objects(s3, BUCKET), None)
    return s3


@pytest.mark.parametrize("form", SAMPLES)
def test_a_file_of_any_bytes_is_refused_or_planned_and_sent_back_whole(s3, form):
    refused = 0
    for seed in range(FIRST_SEED, FIRST_SEED + FILES):
        content = mutated(form, seed)
        try:
            refused += sent_back(s3, form, content, f"i-{seed}")
        except BaseException:
            print(f"FUZZ_SEED={seed} FUZZ_FILES=1: {content[:2000]!r}")
            raise
    # The mutations are neither without effect nor so wild that nothing is read.
    assert 0 < refused < 0.9 * FILES


def sent_back(s3: MemoryS3, form: str, content: bytes, import_id: str) -> bool:
    """Plan a file and reject each of its rows; tell whether it was refused as a whole."""
    s3.objects.clear()
    s3.objects[BUCKET, f"uploads/users.{form}"] = content
    request = {"source": {"key": f"uploads/users.{form}"}, "actor": ACTOR}
    event = {"request": request, "import_id": import_id, "started_at": started_at()}
    try:
        step("plan_import").handler(event, None)
    except ImportRefused:
        return True
    store = ImportStore(Objects(s3, BUCKET), import_id)
    numbers = []
    for item in json.loads(s3.objects[BUCKET, store.manifest_key]):
        rows = store.rows(item["chunk"])
        numbers += [row.number for row in rows]
        problem = Problem("bad_format", "/attributes", "must be otherwise")
        rejected = RowOutcome.REJECTED
        results = [RowResult(row.number, None, rejected, None, (problem,), raw=row.raw) for row in rows]
        store.write_result(item["chunk"], ChunkResult(results))
    summary = step("finish_import").handler({"import_id": import_id}, None)
    report = s3.objects[BUCKET, store.report_key].decode()
    read = list(csv.DictReader(io.StringIO(report, newline=""), strict=True))
    assert [int(line["row"]) for line in read] == sorted(numbers)
    assert summary["rows"] == len(numbers) == len(set(numbers))
    check_failed(form, s3.objects[BUCKET, f"imports/{import_id}/failed.{form}"], len(numbers))
    return False


def check_failed(form: str, failed: bytes, rows: int) -> None:
    """Check that what was sent back is what it says it is, and is read again."""
    if form == "jsonl":
        lines = failed.decode().split("\n")
        values = [json.loads(line, parse_constant=pytest.fail) for line in lines if line]
        assert all(value["import_errors"] for value in values)
        return
    header, *records = csv.reader(io.StringIO(failed.decode(), newline=""), strict=True)
    assert len(records) == rows
    _, again = rows_of([failed], Format.CSV, {})
    for row in again:
        assert isinstance(row.raw, list)
    assert "import_errors" in [name.strip().casefold() for name in header]


@pytest.mark.one_engine
@pytest.mark.parametrize("form", SAMPLES)
def test_every_row_of_a_file_of_any_bytes_is_answered_and_the_tables_are_in_order(
    imports: ImportMachine, form: str
):
    """Through all steps and the engine; in the end the checker must find nothing."""
    statuses: dict[str, int] = {}
    for seed in range(FIRST_SEED, FIRST_SEED + FILES // 20):
        content = mutated(form, seed)
        try:
            summary: dict[str, Any] = imports.run(content, name=f"users.{form}")
            if summary["status"] == "SUCCEEDED":
                assert summary["rows"] == len(imports.report(summary))
                assert summary["failed"] == 0
                sent_back_again = imports.text(summary, f"failed.{form}")
                assert imports.run(sent_back_again, name=f"users.{form}")["status"] in {
                    "SUCCEEDED",
                    "REFUSED",
                }
        except BaseException:
            print(f"FUZZ_SEED={seed} FUZZ_FILES=20: {content[:2000]!r}")
            raise
        statuses[summary["status"]] = statuses.get(summary["status"], 0) + 1
    assert statuses["SUCCEEDED"]
