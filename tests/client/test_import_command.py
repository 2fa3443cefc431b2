"""``registrar import`` and ``registrar imports`` on a fake API."""

import csv
import io
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from registrar_client import Import, RegistrarClient
from registrar_client.command import connection, import_source
from registrar_client.command.import_progress import Pace, described
from registrar_client.command.import_result import sums, unapplied
from registrar_client.stage import Stage

COLUMNS = ("row", "change_id", "outcome", "replayed", "version", "codes", "paths", "messages")


def report_of(*rows: tuple[Any, ...]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode()


REPORT = report_of(
    (1, "c-1", "APPLIED", "no", 1, "", "", ""),
    *(
        (row, f"c-{row}", "REJECTED", "no", "", "name_taken", "/attributes/email", "another user holds it")
        for row in range(2, 9)
    ),
)


def ended(**numbers: Any) -> dict[str, Any]:
    return {
        "import_id": "i",
        "status": "SUCCEEDED",
        "errors": [],
        "rows": 8,
        "applied": 1,
        "rejected": 7,
        "not_applied": 7,
        "seconds": 2.0,
        "report_url": "http://s3/report?signature",
        "failed_url": "http://s3/failed?signature",
        **numbers,
    }


def answers(*statuses: dict[str, Any], report: bytes = REPORT) -> dict[str, Any]:
    left = list(statuses)
    return {
        "POST /uploads": (
            201,
            {"key": "uploads/k.csv", "url": "http://s3/uploads/k.csv?signature", "seconds": 900},
        ),
        "PUT /uploads/k.csv": (200, {}),
        "POST /imports": (202, {"import_id": "i", "status": "RUNNING"}),
        "GET /imports/i": lambda _: left.pop(0) if len(left) > 1 else left[0],
        "GET /report": report,
        "GET /failed": b"the rows that failed\r\n",
    }


@pytest.fixture
def file(tmp_path: Path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users.csv").write_text("user_id\nu-1\n")
    return "users.csv"


def test_a_rejected_import_shows_the_first_reasons(command, file):
    done = command("import", file, answers=answers(ended()))
    assert done.exit_code == 1
    assert "rejected, the first 5 of 7:\n" in done.output
    shown = [line for line in done.output.splitlines() if line.startswith("  row ")]
    assert shown == [
        f"  row {row}: name_taken /attributes/email: another user holds it" for row in range(2, 7)
    ]


def test_the_reasons_of_rejected_rows_are_shown_with_row_and_path(command, file):
    report = report_of(
        (1, "", "FAILED", "no", "", "import_stopped", "", "the import had stopped; import it again"),
        (
            2,
            "",
            "REJECTED",
            "no",
            "",
            "required; bad_format",
            "/user_id; /attributes/email",
            "is missing; is bad",
        ),
        (3, "", "REJECTED", "yes", "", "wrong_type", "/x", "'=1; it \n is"),
    )
    shown = command(
        "import", file, answers=answers(ended(rejected=1, failed=1, not_applied=3, replayed=1), report=report)
    )
    assert (
        "rejected:\n  row 2: required /user_id: is missing\n  row 2: bad_format /attributes/email: is bad\n"
        in shown.output
    )
    assert "  row 3: wrong_type /x: =1; it \n is\n" in shown.output
    assert "import_stopped" not in shown.output


@given(st.data())
def test_a_report_is_read_no_further_than_needed(data):
    cut = data.draw(st.integers(1, len(REPORT)))
    pulled = 0

    def blocks() -> Any:
        nonlocal pulled
        for start in range(0, len(REPORT), cut):
            pulled = start + cut
            yield REPORT[start : start + cut]

    found = unapplied(blocks(), rejected=True)
    first = next(found)
    assert (first.row, first.codes) == ("2", "name_taken")
    assert pulled <= REPORT.index(b"\r\n3,") + 2 + cut
    assert [each.row for each in found] == [str(row) for row in range(3, 9)]


def test_without_its_report_an_import_still_shows_its_counts(command, file):
    broken = {**answers(ended()), "GET /report": (403, {})}
    done = command("import", file, answers=broken)
    assert done.exit_code == 1
    assert "the report cannot be read" in done.output
    assert "rejected" in done.output


@given(st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_the_counts_add_up_to_the_rows(numbers):
    applied, rejected, failed, before, refused_before = numbers
    status = Import.from_json(
        ended(
            rows=sum(numbers),
            applied=applied,
            rejected=rejected,
            failed=failed,
            replayed=before + refused_before,
            not_applied=rejected + failed + refused_before,
        )
    )
    shown = sums(status)
    assert [
        shown[name] for name in ("applied", "applied before", "rejected", "rejected before", "not decided")
    ] == [str(number) for number in (applied, before, rejected, refused_before, failed)]


def test_the_rate_is_measured_from_the_first_rows():
    now = 0.0
    pace = Pace(clock=lambda: now)

    def at(seconds: float, done: int) -> tuple[str, str]:
        nonlocal now
        now = seconds
        status = Import.from_json(ended(status="RUNNING", rows=1000, applied=done, rejected=0, not_applied=0))
        return described(status, pace.seen(status))

    reading = Import.from_json({"import_id": "i", "status": "RUNNING", "errors": []})
    assert described(reading, pace.seen(reading)) == ("reading the file", "")
    assert at(60, 0) == ("importing 1,000 rows", "")
    assert at(100, 500) == ("importing", "500/1,000")
    longest = Import.from_json(
        ended(status="RUNNING", rows=10**6, applied=899_999, rejected=10**5, not_applied=10**5)
    )
    assert len(" ".join(described(longest, 1.0, narrow=True))) <= 60 - len("⠋ ")
    assert at(102, 700) == ("importing", "700/1,000, 100 rows/s, 3 s left")


def test_files_are_saved_but_not_when_the_import_is_refused(command, file, tmp_path):
    (tmp_path / "failed.csv").write_text("old")
    reason = {"code": "unknown_column", "path": "/columns/2", "message": "column 2 is none"}
    refused = {"import_id": "i", "status": "REFUSED", "errors": [reason]}
    done = command("import", file, "--failed", "failed.csv", "--report", "r", answers=answers(refused))
    assert done.exit_code == 2
    assert '--column "NAME=FIELD"' in done.output
    assert "--column NAME=" in done.output
    assert (tmp_path / "failed.csv").read_text() == "old"
    assert not (tmp_path / "r").exists()
    command("import", file, "--failed", "failed.csv", "--report", "r", answers=answers(ended()))
    assert (tmp_path / "failed.csv").read_bytes() == b"the rows that failed\r\n"
    assert (tmp_path / "r").read_bytes() == REPORT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["failed.csv", "r", "users.csv"]


def test_a_file_that_cannot_be_written_is_reported_before_a_request_is_sent(command, file):
    command("import", file, "--failed", "absent/failed.csv", answers=answers(ended()))
    assert command.api.requests == []


def test_nothing_is_saved_while_an_import_runs(command, file):
    running = ended(status="RUNNING", report_url=None, failed_url=None, not_applied=0)
    done = command("imports", "show", "i", "--failed", "failed.csv", answers=answers(running))
    assert done.exit_code == 2
    assert "--wait" in done.output
    assert not Path("failed.csv").exists()


def test_standard_input_is_imported(command, tmp_path, monkeypatch):
    seen = []

    def upload(client: RegistrarClient, file: Path, form: str) -> str:
        seen.append((file.read_bytes(), form, stat.S_IMODE(file.stat().st_mode), file))
        return "uploads/k.csv"

    monkeypatch.setattr(RegistrarClient, "upload", upload)
    done = command("import", "-", "--format", "csv", answers=answers(ended()), input=b"user_id\nu-1\n")
    assert done.exit_code == 1
    ((content, form, mode, spool),) = seen
    assert (content, form, mode) == (b"user_id\nu-1\n", "csv", 0o600)
    assert not spool.exists()
    assert json.loads(command.api.requests[0].content)["format"] == "csv"


@pytest.mark.parametrize(("given", "says"), [(b"", "is empty"), (b"x" * 101, "at most")])
def test_standard_input_must_be_neither_empty_nor_too_large(command, monkeypatch, given, says):
    monkeypatch.setattr(import_source, "FILE_BYTES_MAX", 100)
    done = command(
        "import", "-", "--format", "csv", answers=answers(ended()), input=given, env={"COLUMNS": "200"}
    )
    assert done.exit_code == 2
    assert says in done.output
    assert command.api.requests == []


def test_ctrl_c_during_the_start_prints_how_to_follow_the_import(command, file):
    done = command("import", file, answers={**answers(ended()), "POST /imports": interrupted})
    import_id = command.api.requests[-1].headers["Idempotency-Key"]
    assert done.exit_code == 130
    assert f"registrar imports show {import_id} --wait" in done.output


def interrupted(_: httpx.Request) -> None:
    raise KeyboardInterrupt


def test_imports_are_listed_from_their_executions(command, monkeypatch):
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:imports"
    client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    began = datetime(2030, 1, 31, 12, tzinfo=UTC)
    run = {
        "executionArn": arn,
        "stateMachineArn": arn,
        "name": "i" * 32,
        "status": "SUCCEEDED",
        "startDate": began,
    }
    found = {"executions": [{**run, "stopDate": began}, {**run, "name": "j", "status": "RUNNING"}]}
    stage = Stage(SimpleNamespace(), None, {"ImportUsersStateMachineArn": arn})
    monkeypatch.setattr(connection, "find_stage", lambda *_: stage)
    monkeypatch.setattr(Stage, "client", lambda *_: client)
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_response("list_executions", found, {"stateMachineArn": arn, "maxResults": 20})
        listed = [json.loads(line) for line in command("imports", "list", "--json").output.splitlines()]
        shown = command("imports", "list").output
    time = "2030-01-31T12:00:00Z"
    assert listed == [
        {"import_id": "i" * 32, "execution": "SUCCEEDED", "started_at": time, "ended_at": time},
        {"import_id": "j", "execution": "RUNNING", "started_at": time, "ended_at": None},
    ]
    assert "i" * 32 in shown
    assert "2030-01-31 12:00:00Z" in shown


def test_a_pipe_is_imported_like_standard_input(command, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    Thread(target=lambda: pipe.write_bytes(b"user_id\nu-1\n"), daemon=True).start()
    done = command("import", str(pipe), "--format", "csv", answers=answers(ended()))
    assert done.exit_code == 1
    assert json.loads(command.api.requests[0].content) == {"format": "csv", "bytes": 12}
    assert command.api.requests[1].content == b"user_id\nu-1\n"
