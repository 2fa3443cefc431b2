from dataclasses import replace

import pytest

from registrar.domain import limits
from registrar.domain.change import Action, Change
from registrar.domain.decide import Applied, decide, merge_patch, name_taken
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import GENESIS
from registrar.domain.user import User

NOW, LATER, SALT = "2030-01-31T12:00:00.000000Z", "2030-01-31T12:00:01.000000Z", "00" * 16


def change(action: str, attributes: dict | None = None, expected_version: int | None = None) -> Change:
    return Change(
        change_id="c-1",
        action=Action(action),
        user_id="u-1",
        attributes=attributes or {},
        expected_version=expected_version,
        actor={"id": "admin-7", "type": "user"},
        reason="ticket 4711",
        request_hash="ab" * 32,
    )


def created(**attributes: object) -> User:
    return decide(change("create", attributes), None, NOW, SALT).after


def codes(action: str, user: User | None, expected_version: int | None = None) -> list[tuple[str, str]]:
    with pytest.raises(ChangeRejected) as caught:
        decide(change(action, {}, expected_version), user, NOW, SALT)
    assert (caught.value.version, caught.value.head) == ((user.version, user.head) if user else (None, None))
    return [(problem.code, problem.path) for problem in caught.value.problems]


def test_a_create_makes_an_active_user_at_version_1_that_takes_its_names():
    applied = decide(change("create", {"username": "Ada", "email": None}), None, NOW, SALT)
    assert applied.after == User(
        "u-1", 1, applied.record.hash, False, {"username": "Ada", "status": "active"}, NOW, NOW
    )
    assert (applied.before, applied.taken, applied.released) == (None, {"username": "ada"}, {})
    assert (applied.record.sequence, applied.record.previous_hash) == ("v#000000000001", GENESIS)
    assert applied.record.changes == {"status": {"after": "active"}, "username": {"after": "Ada"}}


def test_a_create_may_say_another_status():
    assert created(status="suspended").attributes == {"status": "suspended"}


def test_an_update_records_before_and_after_of_what_changed_and_of_nothing_else():
    user = created(display_name="Ada", email="ada@x", tags={"team": "navy"})
    patch = {"display_name": "Ada L", "email": None, "tags": {"team": "navy"}, "username": "ada"}
    applied = decide(change("update", patch), user, LATER, SALT)
    assert applied.record.changes == {
        "display_name": {"before": "Ada", "after": "Ada L"},
        "email": {"before": "ada@x"},
        "username": {"after": "ada"},
    }
    assert (applied.taken, applied.released) == ({"username": "ada"}, {"email": "ada@x"})
    assert applied.record.previous_hash == user.head
    assert (applied.after.version, applied.after.created_at, applied.after.updated_at) == (2, NOW, LATER)


def test_an_update_that_changes_nothing_still_makes_a_version():
    applied = decide(change("update", {"status": "active"}), created(), NOW, SALT)
    assert (applied.after.version, applied.record.changes) == (2, {})


@pytest.mark.parametrize(("old", "new"), [("ada", "ADA"), ("STRASSE", "straße")])
def test_a_name_that_only_looks_different_is_kept_not_taken_again(old, new):
    applied = decide(change("update", {"username": new}), created(username=old), NOW, SALT)
    assert (applied.taken, applied.released) == ({}, {})
    assert applied.after.attributes["username"] == new


def test_another_name_is_taken_in_the_same_decision_that_lets_the_old_one_go():
    applied = decide(change("update", {"username": "bob"}), created(username="Ada", email="a@x"), NOW, SALT)
    assert (applied.taken, applied.released) == ({"username": "bob"}, {"username": "ada"})


def deleted() -> Applied:
    return decide(change("delete"), created(username="ada", email="a@x", tags={"a": "b"}), LATER, SALT)


def test_a_delete_leaves_a_tombstone_that_keeps_the_version_and_no_data():
    applied = deleted()
    assert applied.after == User("u-1", 2, applied.record.hash, True, {}, NOW, LATER)
    assert (applied.taken, applied.released) == ({}, {"username": "ada", "email": "a@x"})
    assert applied.record.changes.keys() == {"username", "email", "tags", "status"}
    assert all(sides.keys() == {"before"} for sides in applied.record.changes.values())


def test_a_create_on_a_tombstone_starts_clean_and_goes_on_counting():
    tombstone = deleted().after
    again = decide(change("create", {"username": "ada"}, 2), tombstone, "2030-02-01T00:00:00.000000Z", SALT)
    assert (again.after.version, again.record.previous_hash) == (3, tombstone.head)
    assert again.after.attributes == {"username": "ada", "status": "active"}
    assert again.after.created_at == "2030-02-01T00:00:00.000000Z"
    assert again.taken == {"username": "ada"}


def test_each_no_that_the_users_state_gives_is_said_with_what_was_seen():
    user, tombstone = created(), deleted().after
    assert codes("create", user) == [("user_exists", "/user_id")]
    for nobody in (None, tombstone):
        for action in ("update", "delete"):
            assert codes(action, nobody) == [("user_not_found", "/user_id")]
    assert codes("update", user, 0) == [("version_conflict", "/expected_version")]
    assert codes("delete", user, 2) == [("version_conflict", "/expected_version")]
    assert codes("create", tombstone, 0) == [("version_conflict", "/expected_version")]


def test_every_no_is_said_at_once():
    assert [code for code, _ in codes("create", created(), 0)] == ["user_exists", "version_conflict"]
    assert [code for code, _ in codes("update", None, 1)] == ["user_not_found", "version_conflict"]


def test_the_right_expected_version_lets_a_change_through():
    assert decide(change("create", {}, 0), None, NOW, SALT).after.version == 1
    assert decide(change("update", {}, 1), created(), NOW, SALT).after.version == 2
    assert decide(change("delete", {}, 1), created(), NOW, SALT).after.version == 2


def test_tags_are_counted_after_the_patch():
    full = created(tags={f"t{number}": "x" for number in range(limits.TAGS_MAX)})
    with pytest.raises(ChangeRejected) as caught:
        decide(change("update", {"tags": {"more": "x"}}), full, NOW, SALT)
    assert [(p.code, p.path) for p in caught.value.problems] == [("too_long", "/attributes/tags")]
    assert (caught.value.version, caught.value.head) == (1, full.head)
    swapped = decide(change("update", {"tags": {"more": "x", "t0": None}}), full, NOW, SALT)
    assert len(swapped.after.attributes["tags"]) == limits.TAGS_MAX


def test_a_decision_leaves_the_user_that_it_was_made_on_as_it_was():
    user = created(tags={"team": "navy"})
    before = replace(user, attributes={**user.attributes, "tags": dict(user.attributes["tags"])})
    decide(change("update", {"tags": {"team": None, "a": "b"}, "status": "suspended"}), user, NOW, SALT)
    assert user == before


def test_a_taken_name_is_said_for_each_kind():
    rejected = name_taken(["email", "username"], created())
    assert [(p.code, p.path) for p in rejected.problems] == [
        ("name_taken", "/attributes/email"),
        ("name_taken", "/attributes/username"),
    ]
    assert rejected.version == 1


# RFC 7396, appendix A: the examples in which target, patch and result are objects, in their order there.
@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        # Not there, but of the same rule: a patch that is an object replaces what is none.
        ({"a": "b"}, {"a": {"c": "d", "e": None}}, {"a": {"c": "d"}}),
    ],
)
def test_a_merge_patch_does_what_the_rfc_shows(target, patch, result):
    assert merge_patch(target, patch) == result
