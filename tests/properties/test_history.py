"""Histories of changes through ``decide``, against a plain sequential model that shares no code with it."""

import json
from typing import Any

from hypothesis import given

from registrar.domain.decide import decide
from registrar.domain.record import GENESIS
from registrar.domain.request import identify
from registrar.domain.user import User
from registrar_client.check import Checker
from tests.model import Model
from tests.properties.strategies import HISTORIES, NOW, SALT, Tables, steps


@given(HISTORIES)
def test_a_history_comes_to_what_the_plain_model_says(history: list[dict[str, Any]]):
    tables, model = Tables(), Model()
    for request in history:
        record = tables.send(request)
        assert {problem.code for problem in record.errors or ()} == model.send(request)
        assert tables.names == model.names()
        for user_id, user in tables.users.items():
            expected = model.users[user_id]
            assert (user.version, user.deleted) == (expected.version, expected.attributes is None)
            assert user.attributes == (expected.attributes or {})


@given(HISTORIES)
def test_applied_versions_have_no_gap_and_every_trail_verifies(history: list[dict[str, Any]]):
    tables = Tables()
    for request in history:
        before = {user_id: user.version for user_id, user in tables.users.items()}
        record = tables.send(request)
        seen = before.get(request["user_id"])
        if record.applied:
            assert record.version == (seen or 0) + 1
        else:
            assert record.version == seen
            assert {user_id: user.version for user_id, user in tables.users.items()} == before
    assert list(Checker(tables.stored(), "users", "ledger").check(segments=2)) == []
    for user_id in ("u-1", "u-2"):
        trail = tables.trail(user_id)
        assert all(record.is_sealed() for record in trail)
        sequences = sorted(record.sequence for record in trail if record.applied)
        assert sequences == [f"v#{number:012}" for number in range(1, len(sequences) + 1)]


@given(HISTORIES)
def test_the_recorded_changes_replay_to_the_users_as_they_stand(history: list[dict[str, Any]]):
    tables = Tables()
    for request in history:
        tables.send(request)
    for user_id, user in tables.users.items():
        attributes: dict[str, Any] = {}
        for record in (each for each in tables.trail(user_id) if each.applied):
            for name, sides in record.changes.items():
                assert sides.get("before") == attributes.pop(name, None)
                assert sides.keys() <= {"before", "after"}
                assert sides.get("before") != sides.get("after")
                if "after" in sides:
                    attributes[name] = sides["after"]
        assert attributes == user.attributes


@given(HISTORIES, steps())
def test_a_decision_is_a_pure_function_and_its_record_is_plain_json(
    history: list[dict[str, Any]], last: dict[str, Any]
):
    tables = Tables()
    for request in history:
        tables.send(request)
    user = tables.users.get(last["user_id"])
    change = identify(last, "execution-x").change
    assert change is not None
    written = (repr(change), repr(user))
    outcomes = [attempt(change, user) for _ in range(2)]
    assert outcomes[0] == outcomes[1]
    assert (repr(change), repr(user)) == written
    if not isinstance(outcomes[0], str):
        record = outcomes[0].record
        assert json.loads(json.dumps(record.as_json())) == record.as_json()
        assert record.previous_hash == (user.head if user else GENESIS)


def attempt(change: Any, user: User | None) -> Any:
    try:
        return decide(change, user, NOW.format(0), SALT.format(0))
    except Exception as rejected:  # noqa: BLE001 - whatever it is, it must come again
        return repr(rejected)


@given(HISTORIES)
def test_no_rejection_tells_what_the_change_or_the_user_holds(history: list[dict[str, Any]]):
    """The text of ChangeRejected is logged. Sentinels fit every pattern and stand in no text of ours."""
    tables = Tables()
    for request in history:
        marked = json.loads(json.dumps(request))
        for place in (marked, marked["actor"], marked.get("attributes", {})):
            for name in place.keys() & {"user_id", "id", "reason", "username", "email", "display_name"}:
                place[name] = place[name] and place[name] + "7QQ7"
        errors = tables.send(marked).errors or ()
        assert "7QQ7" not in json.dumps([problem.as_json() for problem in errors])
