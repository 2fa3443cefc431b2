"""The steps of an import by themselves, run again as Step Functions does, without an engine."""

import json
import tracemalloc
from collections import Counter
from typing import Any

import pytest

from registrar.domain import limits
from registrar.domain.change import Outcome
from registrar.domain.errors import LedgerMismatch
from registrar.domain.record import GENESIS, Record
from registrar.imports.adapters.objects import Objects
from registrar.imports.domain.cost import GETS_OF_A_CHUNK, PUTS_OF_A_CHUNK
from registrar.imports.domain.rows import PlannedRow
from registrar.imports.domain.written import WrittenChunk
from tests.integration.import_machine import ACTOR, BUCKET, ImportMachine, csv_of, step, use
from tests.memory_s3 import MemoryS3

PLAN = {
    "import_id": "i-1",
    "import_key": "k",
    "format": "csv",
    "header": ["user_id"],
    "rows": 1,
    "chunks": 1,
    "dry_run": False,
    "stop_after": None,
    "started_at": "2030-01-31T12:00:00.000000Z",
}
STARTED = "2030-01-31T12:00:00.000Z"
CHUNK = {"import_id": "i-1", "chunk": 1}


@pytest.fixture
def s3(monkeypatch) -> MemoryS3:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3 = MemoryS3()
    # To ask DynamoDB anything is a fault here.
    use(monkeypatch, Objects(s3, BUCKET), None)
    return s3


def keep(s3: MemoryS3, name: str, value: Any) -> None:
    s3.objects[BUCKET, f"imports/i-1/{name}"] = json.dumps(value).encode()


def kept(s3: MemoryS3, name: str) -> Any:
    return json.loads(s3.objects[BUCKET, f"imports/i-1/{name}"])


def plan(s3: MemoryS3, rows: list[dict[str, Any]], **options: Any) -> list[list[dict[str, Any]]]:
    """Plan a file; return its chunks."""
    s3.objects[BUCKET, "uploads/users.csv"] = csv_of(rows).encode()
    request = {"source": {"key": "uploads/users.csv"}, "actor": ACTOR, **options}
    step("plan_import").handler({"request": request, "import_id": "i-1", "started_at": STARTED}, None)
    return [kept(s3, f"chunks/{item['chunk']:06d}.json") for item in kept(s3, "manifest.json")]


def test_all_rows_of_a_user_are_in_one_chunk_in_their_order(s3, monkeypatch):
    monkeypatch.setattr(limits, "CHUNK_ROWS", 10)
    rows = [{"user_id": f"u-{n % 7}", "action": "update", "reason": f"r{n}"} for n in range(100)]
    chunks = plan(s3, rows)
    assert len(chunks) == 7
    for chunk in chunks:
        assert len({row["owner"] for row in chunk}) == 1
        assert [row["number"] for row in chunk] == sorted(row["number"] for row in chunk)
    assert sum(map(len, chunks)) == 100


def test_a_chunk_is_full_by_its_bytes_too(s3, monkeypatch):
    monkeypatch.setattr(limits, "CHUNK_BYTES", 1000)
    assert len(plan(s3, [{"user_id": f"u-{n}", "reason": "x" * 200} for n in range(20)])) > 4


def test_a_plan_made_again_is_the_same(s3):
    rows = [{"user_id": f"u-{n % 3}", "action": "update", "reason": "same"} for n in range(9)]
    plan(s3, rows)
    first = dict(s3.objects)
    plan(s3, rows)
    assert s3.objects == first
    assert kept(s3, "plan.json")["started_at"] == "2030-01-31T12:00:00.000000Z"
    ids = [row["request"]["change_id"] for chunk in plan(s3, rows) for row in chunk]
    assert len(set(ids)) == 9
    other = [row["request"]["change_id"] for chunk in plan(s3, rows, import_key="mine") for row in chunk]
    assert not set(ids) & set(other)


def test_the_import_s_reason_is_for_rows_without_one(s3):
    (chunk,) = plan(s3, [{"user_id": "u-1", "reason": "own"}, {"user_id": "u-2"}], reason="import")
    assert [row["request"]["reason"] for row in chunk] == ["own", "import"]


def test_chunks_follow_the_order_of_the_file_by_each_user_s_first_row(s3, monkeypatch):
    monkeypatch.setattr(limits, "CHUNK_ROWS", 4)
    users = ["z", "9", "", "a", "b", "z", "", "no id", "c", "a", "d"]
    chunks = plan(s3, [{"user_id": user, "reason": f"r{n}"} for n, user in enumerate(users)])
    assert [[row["number"] for row in chunk] for chunk in chunks] == [
        [2, 7, 3, 4],
        [5, 11, 6, 8],
        [9, 10, 12],
    ]


@pytest.mark.parametrize(
    ("options", "row"),
    [
        ({}, {"change_id": "c-1", "username": "ada"}),
        ({"import_key": "k"}, {"username": "ada"}),
        ({"import_key": "k"}, {"change_id": "c-1", "username": "ada"}),
    ],
)
def test_a_user_whose_id_is_made_is_in_one_chunk_with_the_rows_that_name_it(s3, monkeypatch, options, row):
    """Whoever knows the change_id, or has seen an earlier import of the same key, knows the user_id."""
    ((first,),) = plan(s3, [{"user_id": "", **row}], **options)
    user_id = first["request"]["user_id"]
    monkeypatch.setattr(limits, "CHUNK_ROWS", 1)
    others = [{"user_id": f"u-{n}"} for n in range(3)]
    rows = [{"user_id": "", **row}, *others, {"user_id": user_id, "action": "update", "display_name": "Ada"}]
    chunks = plan(s3, rows, **options)
    assert [row["number"] for row in chunks[0]] == [2, 6]
    assert {row["owner"] for row in chunks[0]} == {user_id}


def test_a_row_without_a_user_id_gets_the_same_one_each_time(s3):
    rows = [{"user_id": "", "display_name": "Ada"}, {"user_id": "", "display_name": "Ada"}]
    first, again = (
        [row["request"]["user_id"] for chunk in plan(s3, rows) for row in chunk] for _ in range(2)
    )
    assert sorted(first) == sorted(again)
    assert len(set(first)) == 2


def test_a_chunk_that_was_written_is_left_alone(s3):
    keep(s3, "plan.json", PLAN)
    keep(s3, "written/000001.json", {"rows": [], "consumed": {}})
    assert step("write_chunk").handler(CHUNK, None) == CHUNK
    assert [operation for operation, _ in s3.calls] == ["GetObject"]


def test_a_chunk_that_died_between_its_result_and_its_progress_shows_it_when_it_is_run_again(s3):
    result = {"number": 2, "change_id": "c", "outcome": "APPLIED", "version": 1, "problems": []}
    consumed = {"write_units": 0, "read_units": 0, "milliseconds": 0}
    keep(s3, "results/000001.json", {"results": [result], "consumed": consumed})
    for _ in range(2):
        assert step("audit_chunk").handler(CHUNK, None) == 1
        assert [key for _, key in s3.objects if "progress" in key] == [
            "imports/i-1/progress/000001-1-0-0-0-0"
        ]


def test_the_plan_of_a_release_that_kept_more_is_read(s3):
    keep(s3, "plan.json", {**PLAN, "key_is_named": True})
    keep(s3, "written/000001.json", {"rows": [], "consumed": {}})
    keep(s3, "chunks/000001.json", [])
    assert step("audit_chunk").handler(CHUNK, None) == 1


RECORD = Record("u-1", "r#c-1", "c-1", Outcome.REJECTED, "h", "2030-01-31T12:00:00.000000Z", GENESIS).seal(
    "0" * 32
)
READABLE = {
    "owner": "u-1",
    "raw": ["u-1"],
    "request": {"action": "create"},
    "lost": {"email": 1},
    "id": "i-2",
}
ROWS = [
    {"number": 2, **READABLE},
    {"number": 3, **READABLE},
    {"number": 4, **READABLE},
    {"number": 5, "owner": "#5", "raw": "{", "problems": [{"code": "x", "path": "", "message": "m"}]},
    {"number": 6, **READABLE},
    {"number": 7, **READABLE},
]
SEALED = RECORD.as_json()
WRITTEN = [
    {"record": SEALED, "replayed": True},
    {"record": SEALED},
    {"stopped": True},
    {},
    {"record": {**SEALED, "reason": "altered"}, "replayed": False},
    {"record": {"user_id": "u-1"}, "replayed": False},
]


def test_the_objects_of_an_import_are_as_the_release_before_has_stored_and_reads_them():
    assert [PlannedRow.from_json(row).as_json() for row in ROWS] == ROWS
    # A row whose request was not valid has no names.
    invalid = {name: value for name, value in ROWS[0].items() if name != "lost"}
    assert PlannedRow.from_json(invalid).names_taken == {}
    written = {"rows": WRITTEN[:4], "consumed": {"write_units": 1.5, "read_units": 0.5, "milliseconds": 3.25}}
    assert WrittenChunk.from_json(written).as_json() == written


def test_a_chunk_that_the_release_before_has_written_is_audited_and_an_altered_row_fails_by_itself(s3):
    keep(s3, "plan.json", {**PLAN, "rows": 6, "dry_run": True, "started_at": "2030-02-01T12:00:00.000000Z"})
    keep(s3, "chunks/000001.json", ROWS)
    keep(s3, "written/000001.json", {"rows": WRITTEN, "consumed": {}})
    step("audit_chunk").handler(CHUNK, None)
    results = kept(s3, "results/000001.json")["results"]
    assert [(row["number"], row["outcome"], row["replayed"]) for row in results] == [
        (2, "REJECTED", True),
        (3, "REJECTED", False),
        (4, "FAILED", False),
        (5, "REJECTED", False),
        (6, "FAILED", False),
        (7, "FAILED", False),
    ]
    codes = [[problem["code"] for problem in row["problems"]] for row in results]
    assert codes == [[], [], ["import_stopped"], ["x"], ["fault"], ["fault"]]
    with pytest.raises(LedgerMismatch):
        step("finish_import").handler({"import_id": "i-1"}, None)


def test_a_chunk_without_its_plan_fails_loudly(s3):
    with pytest.raises(LookupError):
        step("write_chunk").handler(CHUNK, None)
    with pytest.raises(LookupError):
        step("audit_chunk").handler(CHUNK, None)
    keep(s3, "plan.json", PLAN)
    with pytest.raises(LookupError, match="chunk 1 has no result"):
        step("finish_import").handler({"import_id": "i-1"}, None)


def test_a_chunk_takes_the_requests_to_s3_that_the_estimate_counts(s3, monkeypatch):
    monkeypatch.setattr(limits, "CHUNK_ROWS", 1)
    taken = []
    for chunks in (1, 2):
        s3.calls.clear()
        # Rows that cannot be read need no table.
        ImportMachine(s3).run("no JSON\n" * chunks, name="users.jsonl")
        taken.append(Counter(operation for operation, _ in s3.calls))
    assert taken[1] - taken[0] == {"PutObject": PUTS_OF_A_CHUNK, "GetObject": GETS_OF_A_CHUNK}


class Discarding(MemoryS3):
    """S3 that remembers the file, the plan and the manifest, and of chunks only that they were written."""

    def put_object(self, Bucket: str, Key: str, Body: Any, **options: Any) -> None:  # noqa: N803 - boto3's
        super().put_object(Bucket, Key, b"" if "/chunks/" in Key else Body, **options)


def test_the_memory_of_a_plan_does_not_grow_with_the_file(s3, monkeypatch):
    discarding = Discarding()
    monkeypatch.setattr(step("plan_import"), "objects", Objects(discarding, BUCKET))

    def peak(rows: int) -> int:
        request = {"source": {"key": "uploads/users.csv"}, "actor": ACTOR}
        plan_of = {"request": request, "import_id": "i-1", "started_at": STARTED}
        lines = "".join(f"u-{n},user{n},user{n}@example.com\n" for n in range(rows))
        discarding.objects[BUCKET, "uploads/users.csv"] = f"user_id,username,email\n{lines}".encode()
        tracemalloc.start()
        step("plan_import").handler(plan_of, None)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most - len(discarding.objects[BUCKET, "uploads/users.csv"])

    small, large = peak(6_000), peak(24_000)
    assert large < 1.3 * small
