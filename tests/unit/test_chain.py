"""What the verifier says, fault by fault; that it finds every single change is among the properties."""

import copy

from registrar.domain.chain import verify
from registrar.domain.change import Action, Change
from registrar.domain.decide import decide
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import hash_of
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import identify

ACTOR = {"id": "admin-7", "type": "user"}


def trail(user_id: str = "u-1") -> tuple[list[dict], str]:
    """Three applied records and two rejections: one that saw no user, one that saw version 2."""
    user, records = None, []
    for number, action in enumerate(("create", "update", "delete")):
        patch = {"display_name": f"Ada {number}"} if action != "delete" else {}
        change = Change(f"c-{number}", Action(action), user_id, patch, None, ACTOR, None, "ab" * 32)
        applied = decide(change, user, "2030-01-31T12:00:00.000000Z", f"{number:032x}")
        user = applied.after
        records.append(applied.record)
        if action != "delete":
            seen = (2, user.head) if number else (None, None)
            request = identify({"user_id": user_id}, f"r-{number}")
            rejected = ChangeRejected(request.problems, *seen)
            records.append(seal_rejection(request, rejected, "2030-01-31T12:00:00.000000Z", "0" * 32))
    assert user is not None
    return records, user.head


def test_an_honest_trail_verifies_in_any_order():
    records, head = trail()
    assert verify(records, head) == verify(records[::-1], head) == []
    assert verify([], None) == []


def test_the_first_bad_record_is_named_first():
    records, head = trail()
    records[2]["recorded_at"] = "2031"
    records[4]["recorded_at"] = "2031"
    assert verify(records, head) == [
        "v#000000000002: the hash does not fit the record",
        "v#000000000003: the hash does not fit the record",
        "v#000000000003: does not follow the record before it",
        "v#000000000003: the user's head names another newest record",
        "r#r-1: follows no applied record of this user",
    ]


def test_a_gap_is_named_where_the_missing_version_should_be():
    records, head = trail()
    del records[2]
    assert verify(records, head)[0] == "v#000000000003: expected version 2"


def test_applied_records_without_their_user_are_a_fault():
    records, _ = trail()
    assert verify(records, None) == ["v#000000000003: the user's head names another newest record"]


def test_a_user_without_records_is_a_fault():
    _, head = trail()
    assert verify([], head) == ["v#000000000000: the user's head names another newest record"]


def test_a_rejection_of_another_user_is_found_although_it_follows_nobody():
    records, head = trail()
    foreign = trail("u-2")[0][1]
    assert verify([*records, foreign], head) == ["r#r-0: belongs to another user than the first record"]


def test_a_rejection_that_claims_to_have_seen_what_never_was_is_found():
    records, head = trail()
    forged = copy.deepcopy(records[3])
    forged["previous_hash"] = "cd" * 32
    forged["hash"] = hash_of(forged)
    assert verify([*records, forged], head) == ["r#r-1: follows no applied record of this user"]


def test_records_without_their_fields_are_faults_and_do_not_stop_the_verifier():
    records, head = trail()
    for record in records:
        for name in list(record):
            stripped = [{k: v for k, v in r.items() if r is not record or k != name} for r in records]
            assert verify(stripped, head), name
    assert verify([{}, {"outcome": "APPLIED", "hash": [], "previous_hash": {}}], head)


def test_what_the_chain_alone_cannot_see():
    """A rejection that is gone, and a tail that is gone with the user's head: digests are for these."""
    records, head = trail()
    assert verify([record for record in records if record["outcome"] == "APPLIED"], head) == []
    assert verify(records[:4], records[2]["hash"]) == []
