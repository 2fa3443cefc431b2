"""The four steps on both engines: every action, every outcome, every replay.

After each test the tables must agree (the checker finds nothing); what is here is said beside that.
"""

from typing import Any

import pytest

from tests.integration.sample_requests import request
from tests.integration.tables import items_of

ADA = {"username": "ada", "email": "ada@example.com"}
BOB = {"username": "bob", "email": "bob@example.com"}


def outcome(answer: dict[str, Any]) -> Any:
    """Return the version of an applied change, the codes of a rejected one."""
    codes = [error["code"] for error in answer["errors"]]
    assert (answer["outcome"] == "APPLIED") == (codes == [])
    return codes or answer["version"]


@pytest.fixture
def stored(engine, created_tables):
    """Return a function that reads the Users table, by ``pk``."""
    return lambda: {item["pk"]: item for item in items_of(engine, created_tables.users)}


@pytest.fixture
def all_items(engine, created_tables):
    """Return a function that reads the items of both tables."""
    return lambda: [items_of(engine, table) for table in (created_tables.users, created_tables.ledger)]


@pytest.fixture
def ada_and_bob(execute) -> None:
    execute(request("create", "u-ada", change_id="c-ada", attributes=ADA))
    execute(request("create", "u-bob", change_id="c-bob", attributes=BOB))


def test_versions_go_on_over_a_delete_and_a_new_life(execute, stored):
    changes = [
        request("create", attributes={**ADA, "tags": {"team": "a", "desk": "1"}}),
        request("update", attributes={"tags": {"team": None}, "display_name": "Ada"}),
        request("delete"),
        request("create", attributes={"email": "ada@example.com"}),
        request("update", attributes={"status": "suspended"}),
    ]
    assert [outcome(execute(change)) for change in changes] == [1, 2, 3, 4, 5]
    user = stored()["USER#u-1"]
    assert (user["status"], "tags" in user, "username" in user) == ("suspended", False, False)


def test_an_answer_has_the_fields_of_the_contract(execute, engine, created_tables):
    answer = execute(request("create", change_id="c-1", attributes=ADA))
    (record,) = items_of(engine, created_tables.ledger)
    assert answer == {
        "change_id": "c-1",
        "outcome": "APPLIED",
        "user_id": "u-1",
        "version": 1,
        "errors": [],
        "record_hash": record["hash"],
        "replayed": False,
    }


def test_without_a_change_id_the_executions_name_is_it(execute, stored):
    answer = execute(request("create", attributes=ADA), name="from-the-console")
    assert answer["change_id"] == "from-the-console"
    assert "CHANGE#from-the-console" in stored()


def test_a_rename_frees_the_old_name_and_holds_the_new(execute, ada_and_bob):
    assert outcome(execute(request("update", "u-ada", attributes={"username": "countess"}))) == 2
    assert outcome(execute(request("update", "u-bob", attributes={"username": "countess"}))) == ["name_taken"]
    assert outcome(execute(request("update", "u-bob", attributes={"username": "ada"}))) == 2


@pytest.mark.parametrize(
    ("given", "respelled"),
    [
        ({"email": "ada@example.com"}, {"email": "ADA@Example.COM"}),
        ({"username": "office"}, {"username": "o\ufb03ce"}),  # the ligature ffi
        ({"username": "stra\u00dfe"}, {"username": "STRASSE"}),
    ],
)
def test_a_name_respelled_within_its_normal_form_stays_held(execute, stored, given, respelled):
    execute(request("create", attributes=given))
    held = {pk for pk in stored() if pk.startswith("NAME#")}
    assert outcome(execute(request("update", attributes=respelled))) == 2
    assert {pk for pk in stored() if pk.startswith("NAME#")} == held
    assert stored()["USER#u-1"].items() >= respelled.items()
    assert outcome(execute(request("create", "u-2", attributes=given))) == ["name_taken"]


def test_a_deleted_users_names_are_free_and_its_new_life_may_find_them_taken(execute, ada_and_bob):
    assert outcome(execute(request("delete", "u-ada"))) == 2
    assert outcome(execute(request("update", "u-bob", attributes={"email": ADA["email"]}))) == 2
    assert outcome(execute(request("create", "u-ada", attributes=ADA))) == ["name_taken"]
    assert outcome(execute(request("create", "u-ada", attributes={"email": BOB["email"]}))) == 3


def test_every_taken_name_is_named_by_its_path(execute, ada_and_bob):
    answer = execute(request("create", "u-new", attributes={"username": "ADA", "email": BOB["email"]}))
    found = {(error["code"], error["path"]) for error in answer["errors"]}
    assert found == {("name_taken", "/attributes/username"), ("name_taken", "/attributes/email")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (request("create", "u-ada", attributes={}), ["user_exists"]),
        (request("update", "u-nobody", attributes={}), ["user_not_found"]),
        (request("delete", "u-nobody"), ["user_not_found"]),
        (request("update", "u-ada", attributes={}, expected_version=7), ["version_conflict"]),
        (request("delete", "u-ada", expected_version=7), ["version_conflict"]),
        (request("update", "u-ada", attributes={}, expected_version=1), 2),
        (request("delete", "u-ada", expected_version=1), 2),
        (request("create", "u-new", attributes={}, expected_version=0), 1),
        (request("create", "u-ada", attributes={}, expected_version=0), ["user_exists", "version_conflict"]),
        (request("update", "u-nobody", attributes={}, expected_version=0), ["user_not_found"]),
        (request("update", "u-ada", attributes={}, expected_version=0), ["version_conflict"]),
        (request("create", "u-nobody", attributes={}, expected_version=2), ["version_conflict"]),
        (request("create", "u-ada", attributes={}, expected_version=1), ["user_exists"]),
    ],
)
def test_the_users_state_decides(execute, ada_and_bob, change, expected):
    answer = execute(change)
    assert outcome(answer) == expected
    assert answer["user_id"] == change["user_id"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (request("update", "u-ada", attributes={}), ["user_not_found"]),
        (request("delete", "u-ada"), ["user_not_found"]),
        (request("create", "u-ada", attributes={}, expected_version=0), ["version_conflict"]),
        (request("create", "u-ada", attributes={}, expected_version=1), ["version_conflict"]),
        (request("create", "u-ada", attributes={}, expected_version=2), 3),
    ],
)
def test_a_tombstone_is_no_user_and_keeps_its_version(execute, ada_and_bob, change, expected):
    execute(request("delete", "u-ada"))
    assert outcome(execute(change)) == expected


FIRST = {
    "create": request("create", "u-new", attributes={"username": "new"}),
    "update": request("update", "u-ada", attributes={"username": "new"}, expected_version=1),
    "delete": request("delete", "u-ada", expected_version=1),
    "name_taken": request("create", "u-new", attributes={"username": "bob"}),
    "user_exists": request("create", "u-ada", attributes={}),
    "user_not_found": request("update", "u-nobody", attributes={}),
    "version_conflict": request("update", "u-ada", attributes={}, expected_version=2),
    "invalid": request("create", "u-new"),
    "invalid user": {"action": "create", "user_id": ""},
}
# What makes each of the first requests decide otherwise when it is decided anew.
LATER = (
    request("delete", "u-bob"),
    request("update", "u-ada", attributes={"display_name": "A"}),
    request("delete", "u-ada"),
    request("create", "u-nobody", attributes={}),
    request("delete", "u-new"),
)


@pytest.mark.parametrize("first", FIRST)
def test_a_replay_gets_the_recorded_answer_and_writes_nothing(execute, ada_and_bob, all_items, first):
    change = {**FIRST[first], "change_id": "c-first"}
    answer = execute(change)
    assert answer["replayed"] is False
    assert execute(change) == {**answer, "replayed": True}
    for later in LATER:
        execute(later)
    before = all_items()
    assert execute(change) == {**answer, "replayed": True}
    assert all_items() == before


@pytest.mark.parametrize("other", ["create", "update", "invalid"])
@pytest.mark.parametrize("first", ["delete", "name_taken", "invalid user"])
def test_an_id_used_again_for_another_request_is_refused(execute, ada_and_bob, all_items, first, other):
    original = {**FIRST[first], "change_id": "c-first"}
    answer = execute(original)
    users, ledger = all_items()
    # A reason makes another request of what would otherwise be the first one again.
    refused = execute({**FIRST[other], "change_id": "c-first", "reason": "again"})
    assert outcome(refused)[0] == "change_id_reused"
    users_then, ledger_then = all_items()
    (added,) = [record for record in ledger_then if record not in ledger]
    assert users_then == users
    assert added["sequence"] == f"r#c-first#{added['request_hash']}"
    again = execute({**FIRST[other], "change_id": "c-first", "reason": "again"})
    assert again == {**refused, "replayed": True}
    assert execute(original) == {**answer, "replayed": True}


def test_an_invalid_request_is_recorded_with_every_problem(execute):
    answer = execute(request("create", "u 1", attributes={"username": "", "colour": "red"}))
    found = [(error["code"], error["path"]) for error in answer["errors"]]
    assert found == [
        ("bad_format", "/user_id"),
        ("too_short", "/attributes/username"),
        ("unknown_field", "/attributes/colour"),
    ]
