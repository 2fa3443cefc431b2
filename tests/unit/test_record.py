"""The golden vectors are literal: whoever recomputes a hash in another language can start from them."""

import hashlib

from registrar.domain.canonical import canonical_json
from registrar.domain.change import Outcome
from registrar.domain.record import (
    ERASABLE,
    GENESIS,
    Draft,
    answer,
    applied_sequence,
    commitment_of,
    hash_of,
    rejected_sequence,
    reused_sequence,
    seal,
)

SALT = "000102030405060708090a0b0c0d0e0f"
DRAFT = Draft(
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


def test_the_golden_record_has_its_golden_hashes():
    record = seal(DRAFT, SALT)
    assert record["commitment"] == COMMITMENT
    assert record["hash"] == HASH
    assert hashlib.sha256(COMMITTED.encode()).hexdigest() == COMMITMENT
    assert hashlib.sha256(HASHED.encode()).hexdigest() == HASH


def test_a_sealed_record_holds_the_draft_the_salt_and_the_two_hashes_and_nothing_else():
    record = seal(DRAFT, SALT)
    assert record == {
        **{name: value for name, value in vars(DRAFT).items() if value is not None},
        "salt": SALT,
        "commitment": COMMITMENT,
        "hash": HASH,
    }
    assert "errors" not in record
    assert canonical_json(record) == canonical_json({**record, "outcome": "APPLIED"})


def test_the_hash_stands_when_the_erasable_fields_go_but_the_commitment_does_not():
    record = seal(DRAFT, SALT)
    for name in (*ERASABLE, "salt"):
        erased = {key: value for key, value in record.items() if key != name}
        assert hash_of(erased) == HASH
        assert (commitment_of(erased) != COMMITMENT) == (name in record)


def test_nothing_erasable_shows_in_the_hashed_part():
    hashed = {
        name: value for name, value in seal(DRAFT, SALT).items() if name not in (*ERASABLE, "salt", "hash")
    }
    assert canonical_json(hashed) == HASHED.encode()
    assert b"Lovelace" not in canonical_json(hashed)


def test_another_salt_gives_another_commitment_to_the_same_data():
    assert seal(DRAFT, "f" * 32)["commitment"] != COMMITMENT


def test_sequences_sort_as_the_versions_do_up_to_the_last():
    versions = [1, 2, 9, 10, 99, 100_000, 999_999_999_999]
    assert sorted(map(applied_sequence, reversed(versions))) == [applied_sequence(v) for v in versions]
    assert applied_sequence(1) == "v#000000000001"
    assert rejected_sequence("c-1") == "r#c-1"
    assert reused_sequence("c-1", "abc") == "r#c-1#abc"


def test_the_answer_comes_from_the_record_alone():
    record = seal(DRAFT, SALT)
    assert answer(record, replayed=True) == {
        "change_id": "create-ada",
        "outcome": "APPLIED",
        "user_id": "u-1001",
        "version": 1,
        "errors": [],
        "record_hash": HASH,
        "replayed": True,
    }


def test_the_answer_to_a_request_without_a_usable_user_id_names_no_user():
    record = {**seal(DRAFT, SALT), "user_id": "invalid#create-ada"}
    del record["version"]
    assert answer(record, replayed=False)["user_id"] is None
    assert answer(record, replayed=False)["version"] is None
