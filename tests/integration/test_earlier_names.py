"""Names that the first version has taken under its own form: released, looked for, and never held twice."""

from types import SimpleNamespace
from typing import Any

import pytest

from registrar.adapters import held_names
from registrar.domain.names import earlier_form, normal_form
from registrar.imports.services.dry_run import DryRunStore
from tests.integration.sample_requests import decided, request
from tests.integration.tables import items_of

SMALL, CAPITAL = "\u01f0\u0323", "J\u0323\u030c"
"""Equal names that the first version held apart."""
SMALL_MAIL, CAPITAL_MAIL = f"{SMALL}@example.com", f"{CAPITAL}@example.com"
SWALLOWED, OTHER = "\u1f80\u0323", "\u1f00\u03b9\u0323"
"""A name whose earlier form is the normal form of another."""


@pytest.fixture
def names(engine, created_tables) -> Any:
    """Return a function that reads all held names, by key."""
    return lambda: {
        item["pk"].removeprefix("NAME#"): item["user_id"]
        for item in items_of(engine, created_tables.users)
        if item["pk"].startswith("NAME#")
    }


@pytest.fixture
def held_of_old(execute, names, monkeypatch) -> Any:
    """Return a function that makes a user as the first version did, with its form and its rules for names."""

    def make(user_id: str, **attributes: str) -> None:
        forms = {kind: earlier_form(name) for kind, name in attributes.items()}
        with monkeypatch.context() as first:
            first.setattr("registrar.domain.decide.names_of", lambda asked: forms if asked else {})
            first.setattr("registrar.adapters.held_names.Renamed.has_earlier_forms", lambda _: False)
            first.setattr("registrar.domain.fields.all_is_seen", lambda _: True)
            first.setattr("registrar.domain.fields.re", SimpleNamespace(fullmatch=lambda *_: True))
            assert execute(request("create", user_id, attributes=attributes))["outcome"] == "APPLIED"
        assert {f"{kind}#{form}" for kind, form in forms.items()} <= names().keys()

    return make


@pytest.fixture
def ask(execute) -> Any:
    """Return a function that executes a change and returns its outcome and its problems' codes."""

    def send(action: str, user_id: str, **fields: Any) -> tuple[str, list[str]]:
        answer = execute(request(action, user_id, **fields))
        return answer["outcome"], [error["code"] for error in answer.get("errors", [])]

    return send


APPLIED, TAKEN = ("APPLIED", []), ("REJECTED", ["name_taken"])


def test_a_name_of_old_outlives_other_updates_and_is_released_by_a_delete(held_of_old, ask, names, checker):
    held_of_old("u-1", username=SMALL, email=SMALL_MAIL)
    before = names()
    assert before.keys() == {f"username#{earlier_form(SMALL)}", f"email#{earlier_form(SMALL_MAIL)}"}
    assert list(checker.check()) == []
    assert ask("update", "u-1", attributes={"tags": {"a": "b"}, "username": SMALL}) == APPLIED
    assert names() == before
    assert ask("delete", "u-1") == APPLIED
    assert names() == {}
    assert ask("create", "u-1", attributes={"username": SMALL}) == APPLIED
    assert names() == {f"username#{normal_form(SMALL)}": "u-1"}


@pytest.mark.parametrize("respelled", [SMALL, CAPITAL])
def test_a_name_spelled_anew_moves_to_its_normal_form(held_of_old, ask, names, respelled):
    held_of_old("u-1", username=SMALL if respelled == CAPITAL else CAPITAL)
    assert ask("update", "u-1", attributes={"username": respelled}) == APPLIED
    assert names() == {f"username#{normal_form(SMALL)}": "u-1"}


@pytest.mark.parametrize("new", ["ada", None, "\u0390"])
def test_a_name_of_old_is_given_up_for_another(held_of_old, ask, names, new):
    held_of_old("u-1", username=SMALL)
    assert ask("update", "u-1", attributes={"username": new}) == APPLIED
    assert names() == ({f"username#{normal_form(new)}": "u-1"} if new else {})


@pytest.mark.parametrize(("held", "wanted"), [(SMALL, SMALL), (SMALL, CAPITAL), (CAPITAL, SMALL)])
def test_nobody_takes_a_name_that_is_equal_to_one_of_old(held_of_old, ask, store, names, held, wanted):
    held_of_old("u-1", username=held, email=f"{held}@example.com")
    before = names()
    asked = {"username": wanted, "email": f"{wanted}@example.com"}
    assert ask("create", "u-2", attributes=asked) == ("REJECTED", ["name_taken"] * 2)
    assert ask("create", "u-2", attributes={}) == APPLIED
    assert ask("update", "u-2", attributes={"username": wanted}) == TAKEN
    assert names() == before
    dry = DryRunStore(store).commit(decided(None, "c-dry", "create", "u-3", attributes=asked))
    assert dry is not None
    assert dry.names_taken == ["email", "username"]
    assert ask("delete", "u-1") == APPLIED
    assert ask("update", "u-2", attributes=asked) == APPLIED
    assert names().keys() == {f"{kind}#{normal_form(name)}" for kind, name in asked.items()}


def test_a_create_over_a_live_user_is_refused_for_that_alone(held_of_old, ask):
    held_of_old("u-1", username=SMALL)
    assert ask("create", "u-1", attributes={"username": SMALL}) == ("REJECTED", ["user_exists"])
    assert ask("create", "u-2", attributes={}) == APPLIED
    assert ask("create", "u-2", attributes={"username": SMALL}) == ("REJECTED", ["user_exists"])


def test_two_who_had_equal_names_keep_them_until_they_let_go(held_of_old, ask, names, store):
    held_of_old("u-1", username=SMALL)
    held_of_old("u-2", username=CAPITAL)
    assert len(names()) == 2
    assert ask("update", "u-2", attributes={"status": "suspended"}) == APPLIED
    assert ask("update", "u-2", attributes={"username": SMALL}) == TAKEN
    assert ask("delete", "u-1") == APPLIED
    assert store.holder("username", SMALL).user_id == "u-2"
    assert ask("update", "u-2", attributes={"username": SMALL}) == APPLIED
    assert names() == {f"username#{normal_form(SMALL)}": "u-2"}


@pytest.mark.parametrize("name", ["ada\ufe0f", "\u3164", "a\u00a8"])
def test_a_user_with_a_name_that_is_refused_by_now_is_updated_and_deleted(
    held_of_old, ask, store, names, name
):
    held_of_old("u-1", username=name)
    assert ask("update", "u-2", attributes={"username": name})[0] == "REJECTED"
    assert ask("update", "u-1", attributes={"tags": {"a": "b"}}) == APPLIED
    assert store.holder("username", name).user_id == "u-1"
    assert ask("delete", "u-1") == APPLIED
    assert names() == {}


@pytest.mark.parametrize("spelled", [SMALL, CAPITAL])
def test_a_look_up_finds_the_normal_form_first_and_then_the_earlier_ones(held_of_old, store, ask, spelled):
    held_of_old("u-1", username=SMALL)
    assert store.holder("username", spelled).user_id == "u-1"
    assert store.holder("username", "ada") is None
    assert store.holder("username", "\u0390") is None
    assert ask("update", "u-1", attributes={"username": CAPITAL}) == APPLIED
    assert store.holder("username", spelled).user_id == "u-1"


def test_a_form_that_is_another_name_by_now_is_its_holder_s_until_then(held_of_old, ask, store, names):
    assert earlier_form(SWALLOWED) == normal_form(OTHER) != normal_form(SWALLOWED)
    held_of_old("u-1", username=SWALLOWED)
    assert ask("create", "u-2", attributes={"username": OTHER}) == TAKEN
    assert store.holder("username", OTHER) is None
    assert store.holder("username", SWALLOWED).user_id == "u-1"
    assert ask("update", "u-1", attributes={"username": OTHER}) == APPLIED
    assert names() == {f"username#{normal_form(OTHER)}": "u-1"}
    # And whoever has that name by right is no obstacle to the other.
    assert ask("create", "u-2", attributes={"username": SWALLOWED}) == APPLIED
    assert ask("delete", "u-2") == APPLIED
    assert names() == {f"username#{normal_form(OTHER)}": "u-1"}


def test_names_with_one_form_cost_no_more_requests(store, requests_sent):
    made = decided(None, "c-1", "create", attributes={"username": "Müller", "email": "m@example.com"})
    assert store.commit(made) is None
    assert store.commit(decided(made.after, "c-2", "update", attributes={"username": "ada"})) is None
    assert requests_sent == ["TransactWriteItems"] * 2


def test_the_checker_takes_either_form_and_no_other(held_of_old, execute, engine, created_tables, checker):
    held_of_old("u-1", username=SMALL)
    table = created_tables.users

    def put(form: str) -> None:
        engine.put_item(TableName=table, Item={"pk": {"S": f"NAME#username#{form}"}, "user_id": {"S": "u-1"}})

    def remove(form: str) -> None:
        engine.delete_item(TableName=table, Key={"pk": {"S": f"NAME#username#{form}"}})

    def found() -> set[tuple[str, str]]:
        return {(each.code, each.key.partition("#username#")[2]) for each in checker.check()}

    first, normal, other = earlier_form(SMALL), normal_form(SMALL), earlier_form(CAPITAL)
    assert found() == set()
    put(normal)
    assert found() == {("name_stray", first)}
    remove(first)
    assert found() == set()
    put(other)
    assert found() == {("name_stray", other)}
    remove(normal)
    assert found() == {("name_stray", other), ("name_missing", normal)}
    remove(other)
    assert found() == {("name_missing", normal)}
    put(normal)


def test_a_name_that_moves_between_the_look_and_the_transaction_is_looked_at_again(
    held_of_old, ask, names, monkeypatch
):
    held_of_old("u-1", username=SMALL)
    look, rivals = held_names.batch_get, ["rival"]

    def looked_too_early(*call: Any, **options: Any) -> Any:
        found = look(*call, **options)
        if rivals:
            rivals.pop()
            assert ask("update", "u-1", attributes={"username": CAPITAL}) == APPLIED
        return found

    monkeypatch.setattr(held_names, "batch_get", looked_too_early)
    assert ask("update", "u-1", attributes={"username": "late"}) == APPLIED
    assert not rivals
    assert names() == {"username#late": "u-1"}
