import json

import pytest

from registrar.domain.canonical import sha256_of
from registrar.domain.decide import name_taken
from registrar.domain.errors import ChangeRejected, Problem
from registrar.domain.record import GENESIS, commitment_of, hash_of
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import identify
from registrar.domain.reuse import REUSED

NOW, SALT = "2030-01-31T12:00:00.000000Z", "00" * 16
ACTOR = {"id": "admin-7", "type": "user"}
REQUEST = {
    "change_id": "c-1",
    "action": "update",
    "user_id": "u-1",
    "attributes": {"email": "ada@example.com"},
    "actor": ACTOR,
    "reason": "ticket 4711",
}
WITHOUT_ID = {name: value for name, value in REQUEST.items() if name != "change_id"}


def test_a_rejection_is_filed_under_its_user_with_what_the_decision_saw():
    rejected = ChangeRejected(name_taken(["email"], None).problems, 3, "ab" * 32)
    record = seal_rejection(identify(REQUEST, "execution-1"), rejected, NOW, SALT)
    value = record.as_json()
    sealed = {name: value.pop(name) for name in ("commitment", "hash")}
    assert value == {
        "user_id": "u-1",
        "sequence": "r#c-1",
        "change_id": "c-1",
        "outcome": "REJECTED",
        "request_hash": sha256_of(WITHOUT_ID),
        "recorded_at": NOW,
        "previous_hash": "ab" * 32,
        "action": "update",
        "version": 3,
        "actor": ACTOR,
        "reason": "ticket 4711",
        "errors": [
            {"code": "name_taken", "path": "/attributes/email", "message": "another user holds this email"}
        ],
        "salt": SALT,
    }
    assert sealed == {"commitment": commitment_of(value), "hash": hash_of({**value, **sealed})}
    assert record.is_sealed()


def test_a_rejected_record_holds_none_of_the_attributes_that_were_asked_for():
    rejected = name_taken(["email"], None)
    record = seal_rejection(identify(REQUEST, "execution-1"), rejected, NOW, SALT)
    assert "ada@example.com" not in json.dumps(record.as_json())


@pytest.mark.parametrize(
    "request_", [None, [], "text", {}, {**REQUEST, "user_id": "a#b"}, {"change_id": "c 1"}]
)
def test_a_request_without_a_usable_user_id_is_filed_under_its_change_id(request_):
    identified = identify(request_, "execution-1")
    change_id = "c-1" if isinstance(request_, dict) and request_.get("change_id") == "c-1" else "execution-1"
    record = seal_rejection(identified, ChangeRejected(identified.problems), NOW, SALT)
    assert (record.user_id, record.change_id) == (f"invalid#{change_id}", change_id)
    assert record.subject is None
    assert record.previous_hash == GENESIS
    assert record.version is None
    assert "version" not in record.as_json()
    assert record.is_sealed()


def test_a_refused_reuse_stands_beside_the_first_decision_and_once_for_each_request():
    identified = identify(REQUEST, "execution-1")
    rejected = ChangeRejected([REUSED, Problem("version_conflict", "/expected_version", "…")])
    record = seal_rejection(identified, rejected, NOW, SALT)
    assert record.sequence == f"r#c-1#{identified.request_hash}"
    assert [problem.code for problem in record.errors or ()] == ["change_id_reused", "version_conflict"]
