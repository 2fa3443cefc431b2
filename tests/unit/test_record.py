"""The golden vectors are literal: whoever recomputes a hash in another language can start from them."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from registrar.domain.canonical import canonical_json
from registrar.domain.change import Outcome
from registrar.domain.errors import BrokenSeal, Problem
from registrar.domain.record import (
    ERASABLE,
    GENESIS,
    Record,
    applied_sequence,
    commitment_of,
    hash_of,
    rejected_sequence,
    reused_sequence,
)

SALT = "000102030405060708090a0b0c0d0e0f"
RECORD = Record(
    user_id="u-1001",
    sequence="v#000000000001",
    change_id="create-ada",
    outcome=Outcome.APPLIED,
    request_hash="ab" * 32,
    recorded_at="2030-01-31T12:00:00.000000Z",
    previous_hash=GENESIS,
    action="create",
    version=1,
    actor={"id": "admin-7", "type": "user"},
    reason="ticket 4711",
    changes={"display_name": {"after": "Ada Lovelace é"}, "status": {"after": "active"}},
)
# What is hashed for the commitment, and then for the record, byte for byte.
COMMITTED = (
    '{"changes":{"display_name":{"after":"Ada Lovelace é"},"status":{"after":"active"}},'
    '"reason":"ticket 4711",'
    '"request_hash":"abababababababababababababababababababababababababababababababab",'
    '"salt":"000102030405060708090a0b0c0d0e0f"}'
)
COMMITMENT = "084b402a00e304374398d8ac880bf3e4cae4e1ef67121d7c5c9f3cd80e4c945d"
HASHED = (
    '{"action":"create","actor":{"id":"admin-7","type":"user"},"change_id":"create-ada",'
    '"commitment":"084b402a00e304374398d8ac880bf3e4cae4e1ef67121d7c5c9f3cd80e4c945d","outcome":"APPLIED",'
    '"previous_hash":"0000000000000000000000000000000000000000000000000000000000000000",'
    '"recorded_at":"2030-01-31T12:00:00.000000Z","sequence":"v#000000000001","user_id":"u-1001","version":1}'
)
HASH = "4c548f0b3e4fdb856491fcc96f68fbd71b655331c409664b01a09e79cc52e0d3"


SEALED = RECORD.seal(SALT)


def test_the_golden_record_has_its_golden_hashes():
    assert SEALED.commitment == COMMITMENT
    assert SEALED.hash == HASH
    assert hashlib.sha256(COMMITTED.encode()).hexdigest() == COMMITMENT
    assert hashlib.sha256(HASHED.encode()).hexdigest() == HASH


def test_a_sealed_record_holds_what_it_held_the_salt_and_the_two_hashes_and_nothing_else():
    record = SEALED.as_json()
    assert record == {
        "user_id": "u-1001",
        "sequence": "v#000000000001",
        "change_id": "create-ada",
        "outcome": "APPLIED",
        "request_hash": "ab" * 32,
        "recorded_at": "2030-01-31T12:00:00.000000Z",
        "previous_hash": GENESIS,
        "action": "create",
        "version": 1,
        "actor": {"id": "admin-7", "type": "user"},
        "reason": "ticket 4711",
        "changes": {"display_name": {"after": "Ada Lovelace é"}, "status": {"after": "active"}},
        "salt": SALT,
        "commitment": COMMITMENT,
        "hash": HASH,
    }
    assert type(record["outcome"]) is str
    assert replace(SEALED, salt=None, commitment="", hash="") == RECORD


def test_the_hash_stands_when_the_erasable_fields_go_but_the_commitment_does_not():
    record = SEALED.as_json()
    for name in (*ERASABLE, "salt"):
        erased = {key: value for key, value in record.items() if key != name}
        assert hash_of(erased) == HASH
        assert (commitment_of(erased) != COMMITMENT) == (name in record)
        assert Record.from_json(erased).is_sealed() == (name not in record)


def test_nothing_erasable_shows_in_the_hashed_part():
    hashed = {
        name: value for name, value in SEALED.as_json().items() if name not in (*ERASABLE, "salt", "hash")
    }
    assert canonical_json(hashed) == HASHED.encode()
    assert b"Lovelace" not in canonical_json(hashed)


def test_another_salt_gives_another_commitment_to_the_same_data():
    assert RECORD.seal("f" * 32).commitment != COMMITMENT


def test_a_record_without_a_seal_or_with_another_is_not_sealed():
    assert SEALED.is_sealed()
    assert not RECORD.is_sealed()
    for altered in ({"commitment": "0" * 64}, {"hash": "0" * 64}, {"reason": "another"}, {"version": 2}):
        assert not replace(SEALED, **altered).is_sealed()
        with pytest.raises(BrokenSeal):
            Record.sealed({**SEALED.as_json(), **altered})
    assert Record.sealed(SEALED.as_json()) == SEALED


def test_sequences_sort_as_the_versions_do_up_to_the_last():
    versions = [1, 2, 9, 10, 99, 100_000, 999_999_999_999]
    assert sorted(map(applied_sequence, reversed(versions))) == [applied_sequence(v) for v in versions]
    assert applied_sequence(1) == "v#000000000001"
    assert rejected_sequence("c-1") == "r#c-1"
    assert reused_sequence("c-1", "abc") == "r#c-1#abc"


def test_the_answer_comes_from_the_record_alone():
    assert SEALED.answer(replayed=True) == {
        "change_id": "create-ada",
        "outcome": "APPLIED",
        "user_id": "u-1001",
        "version": 1,
        "errors": [],
        "record_hash": HASH,
        "replayed": True,
    }
    rejected = replace(SEALED, outcome=Outcome.REJECTED, errors=(Problem("invalid", "/user_id", "…"),))
    assert rejected.answer(replayed=False)["errors"] == [
        {"code": "invalid", "path": "/user_id", "message": "…"}
    ]


def test_the_answer_to_a_request_without_a_usable_user_id_names_no_user():
    record = replace(SEALED, user_id="invalid#create-ada", version=None)
    assert record.answer(replayed=False)["user_id"] is None
    assert record.answer(replayed=False)["version"] is None


def test_a_record_says_where_it_stands_whom_it_is_about_and_whether_it_took_effect():
    assert (SEALED.key, SEALED.subject, SEALED.applied) == (("u-1001", "v#000000000001"), "u-1001", True)
    rejected = replace(SEALED, user_id="invalid#c-1", outcome=Outcome.REJECTED)
    assert (rejected.subject, rejected.applied) == (None, False)


def without(name: str) -> dict[str, Any]:
    return {each: value for each, value in SEALED.as_json().items() if each != name}


def test_what_is_written_is_read_back():
    rejected = replace(
        RECORD, outcome=Outcome.REJECTED, changes=None, errors=(Problem("a", "/b", "c"), Problem("d", "", ""))
    ).seal(SALT)
    for record in (SEALED, rejected, replace(rejected, errors=()).seal(SALT)):
        assert Record.from_json(record.as_json()) == record
        assert Record.from_json(record.as_json()).as_json() == record.as_json()


@pytest.mark.parametrize(
    "name",
    # An applied change has made a version.
    [
        "user_id",
        "sequence",
        "change_id",
        "outcome",
        "recorded_at",
        "previous_hash",
        "commitment",
        "hash",
        "version",
    ],
)
def test_a_value_without_what_every_record_has_is_no_record(name):
    with pytest.raises(BrokenSeal):
        Record.from_json(without(name))


@pytest.mark.parametrize("name", ["request_hash", "action", "actor", "reason", "changes", "salt"])
def test_what_was_erased_or_was_never_there_is_none(name):
    assert getattr(Record.from_json(without(name)), name) is None
    assert Record.from_json(without(name)).as_json() == without(name)


ERROR = {"code": "a", "path": "/b", "message": "c"}
WRONG = {
    **dict.fromkeys(
        ("user_id", "sequence", "change_id", "request_hash", "recorded_at", "previous_hash", "action"), 7
    ),
    "reason": ["x"],
    "salt": 7,
    "commitment": None,
    "hash": {},
    "outcome": "MAYBE",
    "version": True,
    "actor": "admin-7",
    "changes": [],
    "errors": {},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_field_of_another_type_is_no_record_s(name):
    with pytest.raises(BrokenSeal):
        Record.from_json({**SEALED.as_json(), name: WRONG[name]})
    with pytest.raises(BrokenSeal):
        Record.from_json({**SEALED.as_json(), name: None})


@pytest.mark.parametrize(
    "errors",
    [["text"], [7], [None], [[]], [{}], [{"code": "a", "path": "/b"}], [ERROR, {**ERROR, "more": 1}]],
    ids=str,
)
def test_what_are_no_problems_are_no_record_s(errors):
    with pytest.raises(BrokenSeal):
        Record.from_json({**SEALED.as_json(), "errors": errors})


def test_a_fault_names_the_place_and_no_person():
    for value, said in (({**SEALED.as_json(), "reason": 7}, "v#000000000001"), ({}, "None")):
        with pytest.raises(BrokenSeal) as caught:
            Record.from_json(value)
        assert str(caught.value) == said


def test_what_a_later_release_has_added_is_kept_and_hashed():
    value = {**RECORD.seal(SALT).as_json(), "region": "eu-west-1", "more": {"hash": 1}}
    value["hash"] = hash_of(value)
    record = Record.sealed(value)
    assert record.more == {"region": "eu-west-1", "more": {"hash": 1}}
    assert record.as_json() == value
    for altered in ({**value, "region": "eu-west-2"}, {**value, "more": {}}, {**value, "again": 1}):
        with pytest.raises(BrokenSeal):
            Record.sealed(altered)
