"""What released versions have left behind is read and continued by this one, without a migration.

``tests/golden/1.0`` and its like were made by the code of that release itself (``record.py``):

- ``calls.json``: each call of a step, in order: its event (left out where it is the answer before), at which
  moment of the clock it came, and its answer, its error, or the events that it has published. A stream's new
  items are noted by their keys. An ``edit`` stands for what releases before have left in the table.
- ``users.json``, ``ledger.json``, ``counters.json``: the tables' items after all calls, in DynamoDB's typed
  JSON. A receipt whose record is in the ledger is left out: it is the same item under another key. The others
  are of executions and chunks that died between write and audit.
- ``bucket.json``: the objects of imports that are half done.
- ``reports.json``: what the same imports say in the end when nothing interrupts them.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from registrar_client.check.tables import plain
from tests.golden import files, history
from tests.golden.stage import Call, Stage
from tests.integration import machine
from tests.integration.import_machine import BUCKET
from tests.integration.tables import put_all

MEASURED = ("consumed", "lambda_seconds", "cost_usd", "milliseconds", "write_units", "read_units")
"""Fields of an import that say what a run has taken."""

LATER = {
    ("1.0", "imports/i-half/failed.csv"): (
        '"has 13 cells, and the header has 10","",""\r\n',
        '"has 13 cells, and the header has 10","","",""\r\n',
    )
}
"""What later releases have mended: a part of a report as that release wrote it, and as it is now.

1.0 left one cell out of a row that had more cells than its header.
"""

HALF_DONE = ("i-half", "i-dry", "i-stopping")


@pytest.fixture(params=files.releases())
def release(request) -> str:
    return request.param


@pytest.fixture
def calls(release) -> list[Call]:
    return files.read(release, "calls")


@pytest.fixture
def released(stage: Stage, release, calls) -> Stage:
    """The tables and the bucket as a release has left them; on an old engine, without what it cannot hold."""
    ledger = files.read(release, "ledger")
    users = files.users_of(files.read(release, "users"), ledger)
    put_all(stage.engine, stage.tables.users, filter(stage.can_hold, users))
    put_all(stage.engine, stage.tables.ledger, filter(stage.can_hold, ledger))
    put_all(stage.engine, stage.counters, files.read(release, "counters"))
    stage.s3.objects |= files.bucket_of(files.read(release, "bucket"), BUCKET)
    stage.clock.number = max(call.get("tick", 0) for call in calls)
    return stage


def guard(stage: Stage) -> Any:
    """Let the guard work on all receipts, as it would have within minutes."""
    answer = stage.stream("guard_ledger", "users", history.receipts(stage))
    assert answer == {"batchItemFailures": []}
    return answer


def executions(calls: list[Call]) -> dict[str, tuple[Any, str, Any]]:
    """Return request, name and output of each execution, by what it is about."""
    found = {}
    about = ""
    for call in calls:
        if "about" in call:
            about, event = call["about"], call["event"]
        elif call.get("step") == "validate_change":
            about = ""
        if about and call.get("step") in ("audit_change", "audit_rejection"):
            found[about] = (event["request"], event["execution_name"], call["answer"])
    return found


def unmeasured(value: Any) -> Any:
    """Return JSON with the kinds of what is measured instead of the numbers.

    That a row of a chunk has lost no name may be left out: 1.0 did so where a row is not valid.
    """
    if isinstance(value, list):
        return [unmeasured(each) for each in value]
    if not isinstance(value, dict):
        return value
    kinds = {name: _kinds(value[name]) for name in MEASURED if name in value}
    return {
        name: kinds.get(name) or unmeasured(each)
        for name, each in value.items()
        if (name, each) != ("lost", {})
    }


def _kinds(measured: Any) -> Any:
    if isinstance(measured, dict):
        return {name: _kinds(each) for name, each in measured.items()}
    return type(measured).__name__


def as_text(value: Any) -> str:
    """Return a text that is equal for equal JSON, but for what is measured; DynamoDB's maps have no order."""
    return json.dumps(unmeasured(value), sort_keys=True, indent=1)


@pytest.mark.one_engine  # the other one cannot hold all that is recorded
def test_each_step_answers_and_leaves_behind_what_it_did_in_the_release(
    stage: Stage, release, calls, set_chunk_rows
):
    bucket = files.bucket_of(files.read(release, "bucket"), BUCKET)
    stage.s3.objects |= {key: content for key, content in bucket.items() if key[1].startswith("uploads/")}
    last = None
    for call in calls:
        if "edit" in call:
            stage.edited(**call["edit"])
            continue
        set_chunk_rows(call.get("chunk_rows", 500))
        found = stage.outcome(call, stage.event_of(call, last))
        found.pop("raised", None)
        expected = {name: call[name] for name in ("answer", "error", "published") if name in call}
        assert as_text(found) == as_text(expected), (call["step"], call["tick"])
        last = call.get("answer")
    ledger = stage.items("ledger")
    assert as_text(ledger) == as_text(files.read(release, "ledger"))
    left = files.users_as_json(stage.items("users"), ledger)
    assert as_text(left) == as_text(files.read(release, "users"))
    assert as_text(stage.items("counters")) == as_text(files.read(release, "counters"))
    assert as_text(files.bucket_as_json(stage.s3.objects)) == as_text(files.read(release, "bucket"))
    guard(stage)


def test_what_executions_have_left_behind_is_all_that_the_checker_finds_and_the_guard_delivers_it(
    released: Stage, release, checker
):
    users, ledger = released.items("users"), released.items("ledger")
    left = [item for item in files.users_as_json(users, ledger) if item["pk"]["S"].startswith("CHANGE#")]
    assert len(left) > 1
    found = [(violation.code, violation.key) for violation in checker.check()]
    assert len(found) == len(set(found))
    missing = {key for code, key in found if code == "record_missing"}
    assert missing == {f"Ledger {item['user_id']['S']} {item['sequence']['S']}" for item in left}
    # What else does not fit is what it does not fit with: the same users, and what follows in their trails.
    users_left = {item["user_id"]["S"] for item in left}
    assert {key.split()[1].removeprefix("USER#") for _, key in found} == users_left
    guard(released)
    records = [{name: value for name, value in item.items() if name != "pk"} for item in left]
    assert [item for item in released.items("ledger") if item not in ledger] == sorted(
        records, key=lambda item: [item[name]["S"] for name in ("user_id", "sequence")]
    )
    assert released.items("users") == users


def test_an_execution_that_stands_before_its_audit_ends_as_it_would_have(released: Stage, calls):
    (written,) = (
        call["answer"]
        for call in calls
        if call.get("step") == "write_change"
        and call.get("answer", {}).get("record", {}).get("change_id") == "c-u-left-behind"
    )
    assert released.call("audit_change", written) == written["answer"]
    records = [plain(item) for item in released.items("ledger")]
    assert written["record"] in records
    guard(released)


def test_each_execution_that_comes_again_gets_its_recorded_answer_and_writes_nothing(released: Stage, calls):
    before = released.items("users"), released.items("ledger")
    replayed = executions(calls)
    assert replayed.keys() >= {*history.APPLIED, *history.REJECTED}
    for about, (request, name, output) in replayed.items():
        if not released.can_hold(output):
            continue
        assert machine.execute(request, name) == {**output, "replayed": True}, about
    assert (released.items("users"), released.items("ledger")) == before
    guard(released)


def test_changes_of_old_users_continue_their_versions_and_their_chains(released: Stage, checker):
    guard(released)
    users = {
        item["user_id"]: item
        for item in map(plain, released.items("users"))
        if item["pk"].startswith("USER#")
    }
    statuses = Counter(user["status"] for user in users.values())
    assert statuses.keys() == {"active", "suspended", "deleted"}
    for user_id, user in users.items():
        attributes = {"display_name": "new", "tags": {"new": "1"}}
        action = "create" if user["status"] == "deleted" else "update"
        changed = machine.execute(
            history.change(action, user_id, attributes=attributes, expected_version=user["version"])
        )
        assert (changed["outcome"], changed["version"]) == ("APPLIED", user["version"] + 1), user_id
        stale = history.change("delete", user_id, expected_version=user["version"])
        assert [error["code"] for error in machine.execute(stale)["errors"]] == ["version_conflict"]
        deleted = machine.execute(history.change("delete", user_id))
        assert (deleted["outcome"], deleted["version"]) == ("APPLIED", user["version"] + 2), user_id
    records = [plain(item) for item in released.items("ledger")]
    for user_id, user in users.items():
        (following,) = (
            each
            for each in records
            if (each["user_id"], each["outcome"], each.get("version"))
            == (user_id, "APPLIED", user["version"] + 1)
        )
        assert following["previous_hash"] == user["head"]
    # Whatever form it was held in, nobody holds a name any more.
    assert not [item for item in released.items("users") if item["pk"]["S"].startswith("NAME#")]


def test_names_of_old_are_held_until_their_users_let_them_go(released: Stage):
    guard(released)

    def ask(action: str, user_id: str, **attributes: Any) -> list[str]:
        fields = {"attributes": attributes} if attributes else {}
        answer = machine.execute(history.change(action, user_id, **fields))
        return [error["code"] for error in answer["errors"]]

    for name in (
        "ADA",
        "stra\u00dfe\u03b1\u03c2",
        history.SMALL,
        history.CAPITAL,
        "follows",
        "ZO\u00cb",
        "a9B",
    ):
        assert ask("create", "u-new", username=name) == ["name_taken"], name
    assert ask("update", "u-old-2", username=history.SMALL) == ["name_taken"]
    assert ask("delete", "u-old-1") == []
    assert ask("create", "u-new", username=history.SMALL) == ["name_taken"]
    assert ask("update", "u-old-2", username=history.SMALL) == []
    assert ask("delete", "u-old-2") == []
    assert ask("create", "u-new", username=history.CAPITAL) == []
    assert ask("update", "u-old-3", tags={"still": "there"}) == []
    assert ask("update", "u-old-3", username="plain") == []


@pytest.mark.parametrize("guarded", [True, False], ids=["guard first", "imports first"])
def test_imports_that_are_half_done_go_on_and_end_as_if_nothing_had_interrupted_them(
    released: Stage, release, guarded
):
    if guarded:
        guard(released)
    for import_id in HALF_DONE:
        manifest = json.loads(released.s3.objects[BUCKET, f"imports/{import_id}/manifest.json"])
        for item in manifest:
            event = {"import_id": import_id, "chunk": item["chunk"]}
            assert released.call("write_chunk", event) == event
            assert released.call("audit_chunk", event) == item["chunk"]
        summary = released.call("finish_import", {"import_id": import_id})
        assert summary["status"] == "SUCCEEDED"
    bucket = files.bucket_as_json(released.s3.objects)
    expected = files.read(release, "reports")
    assert {key for key in bucket if key.endswith(files.REPORTS)} == expected.keys()
    for key, content in expected.items():
        if key.endswith("summary.json"):
            assert outcome(bucket[key]) == outcome(content)
            assert _kinds(bucket[key]) == _kinds(content)
        else:
            assert bucket[key] == content.replace(*LATER.get((release, key), ("", "")))
    guard(released)


def outcome(summary: dict[str, Any]) -> dict[str, Any]:
    """Return what of a summary does not depend on the time that an import has taken."""
    timed = ("started_at", "finished_at", "seconds", "rows_a_second", *MEASURED)
    return {name: value for name, value in summary.items() if name not in timed}


def test_the_file_of_an_import_that_has_ended_is_all_replays(released: Stage, release, set_chunk_rows):
    history.plan(released, "i-ended", set_chunk_rows, again="i-again")
    for step in ("write_chunk", "audit_chunk"):
        released.call(step, {"import_id": "i-again", "chunk": 1})
    summary = released.call("finish_import", {"import_id": "i-again"})
    before = files.read(release, "reports")["imports/i-ended/summary.json"]
    assert (summary["replayed"], summary["not_applied"]) == (before["rows"], before["not_applied"])
    guard(released)


@pytest.mark.one_engine
def test_the_projection_counts_on_from_the_counters_of_old_and_comes_to_what_the_ledger_says(
    released: Stage, calls
):
    counted = published(entry for call in calls for entry in call.get("published", []))
    guard(released)
    ledger = released.items("ledger")
    rng = random.Random(7)
    waiting = rng.sample(ledger, len(ledger))
    while waiting:
        batch, waiting = waiting[:15], waiting[15:]
        answer = released.stream("project_ledger", "ledger", batch)
        first = 1000 * (released.clock.number - 1)
        failed = [int(each["itemIdentifier"]) - first for each in answer["batchItemFailures"]]
        waiting += [batch[place] for place in failed]
    assert totals(released.items("counters")) == recount(map(plain, ledger))
    assert published(released.bus.published) + counted == Counter(item["hash"]["S"] for item in ledger)


def published(entries: Iterable[dict[str, Any]]) -> Counter[str]:
    """Return how often each record was published, by its hash."""
    return Counter(json.loads(entry["Detail"])["record_hash"] for entry in entries)


def totals(items: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Return what the counters say, all shards together."""
    found: dict[str, Counter[str]] = {}
    for item in map(plain, items):
        if item.pop("pk") == "TOTALS":
            row, _, _ = item.pop("sk").rpartition("#")
            found.setdefault(row, Counter()).update(item)
    return found


def recount(records: Any) -> dict[str, Counter[str]]:
    """Count the records of a ledger."""
    found: dict[str, Counter[str]] = {"users": Counter()}
    for record in records:
        day = found.setdefault(f"day#{record['recorded_at'][:10]}", Counter())
        day[f"{record.get('action', 'unknown')} {record['outcome']}"] += 1
        status = record.get("changes", {}).get("status", {})
        for side, number in (("before", -1), ("after", 1)):
            if side in status:
                found["users"][status[side]] += number
    return found
