"""The largest that fits, and what does not."""

import json

import pytest

from registrar.domain import limits
from tests.integration.sample_requests import request
from tests.integration.tables import items_of

KIB = 1024
ITEM_MAX, PAYLOAD_MAX = 400 * KIB, 256 * KIB
WIDE = "\U0001f9d1"


def largest(character: str) -> dict:
    """Return attributes of the greatest length, of characters that take four bytes each."""
    tags = {f"{n:02}{'x' * 62}": character * limits.TAG_VALUE_MAX for n in range(limits.TAGS_MAX)}
    return {
        "username": character * limits.USERNAME_MAX,
        "email": f"{character * (limits.EMAIL_MAX - 12)}@example.com",
        "display_name": character * limits.DISPLAY_NAME_MAX,
        "status": "suspended",
        "tags": tags,
    }


def test_the_largest_change_fits_into_an_item_and_into_an_execution(execute, engine, created_tables):
    ids = {"user_id": "u" * 128, "reason": WIDE * limits.REASON_MAX}
    for action, character in (("create", WIDE), ("update", "\U0001f9d2"), ("update", "\\")):
        answer = execute(request(action, attributes=largest(character), **ids))
        assert answer["outcome"] == "APPLIED", answer
    records = items_of(engine, created_tables.ledger)
    # What an item takes is less than its JSON; what travels is JSON with every character escaped.
    assert max(len(json.dumps(record)) for record in records) < PAYLOAD_MAX - KIB < ITEM_MAX


# The jar is older than DynamoDB's empty strings (2020), which stand for the path of a whole request.
@pytest.mark.parametrize("endpoint", ["ministack"], indirect=True)
def test_a_request_as_large_as_an_execution_takes_is_rejected_in_a_small_record(
    execute, engine, created_tables
):
    room = PAYLOAD_MAX - 4 * KIB
    huge = [
        request("create", "u-1", attributes={"username": "x" * room}),
        request("create", "u-2", attributes={f"field-{n}": n for n in range(room // 24)}),
        request("create", "u-3", attributes={"tags": {f"t-{n}": "x" for n in range(room // 20)}}),
        request("create", "u-4", attributes={}, reason=WIDE * (room // 12)),
    ]
    for each in huge:
        assert len(json.dumps(each)) < PAYLOAD_MAX
        assert execute(each)["outcome"] == "REJECTED"
    for record in items_of(engine, created_tables.ledger):
        assert len(json.dumps(record)) < 32 * KIB
