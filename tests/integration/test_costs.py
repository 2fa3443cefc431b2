"""What a change costs: its requests to DynamoDB on both engines, and the size of what it keeps."""

from typing import Any

import pytest

from tests.integration.sample_requests import request
from tests.integration.tables import items_of

READ, WRITE, DELIVER = "BatchGetItem", "TransactWriteItems", "PutItem"

CASES = {
    "a create": (request("create", "u-new", attributes={"email": "new@example.com"}), [WRITE, DELIVER]),
    "a create that expects nobody": (
        request("create", "u-new", attributes={}, expected_version=0),
        [WRITE, DELIVER],
    ),
    "an update": (request("update", "u-ada", attributes={"username": "countess"}), [READ, WRITE, DELIVER]),
    "a delete": (request("delete", "u-ada"), [READ, WRITE, DELIVER]),
    "a new life": (request("create", "u-gone", attributes={}), [WRITE, WRITE, DELIVER]),
    "an invalid request": (request("create", "u-new"), [WRITE]),
    "a user that exists": (request("create", "u-ada", attributes={}), [WRITE, WRITE]),
    "a user not found": (request("delete", "u-nobody"), [READ, WRITE]),
    "a stale version": (request("delete", "u-ada", expected_version=9), [READ, WRITE]),
    "a name taken, create": (request("create", "u-new", attributes={"username": "ada"}), [WRITE, WRITE]),
    "a name taken, update": (
        request("update", "u-bob", attributes={"username": "ada"}),
        [READ, WRITE, WRITE],
    ),
    "an id reused, create": (request("create", "u-new", change_id="c-ada", attributes={}), [WRITE, DELIVER]),
    "an id reused, update": (request("update", "u-ada", change_id="c-ada", attributes={}), [READ, DELIVER]),
}
REPLAYS = {
    "a create": [WRITE, DELIVER],
    "an update": [READ, DELIVER],
    "a delete": [READ, DELIVER],
    "an invalid request": [WRITE, DELIVER],
    "a user not found": [READ, DELIVER],
    "a name taken, create": [WRITE, DELIVER],
    "a name taken, update": [READ, DELIVER],
}


@pytest.fixture
def some_users(execute) -> None:
    execute(request("create", "u-ada", change_id="c-ada", attributes={"username": "ada"}))
    execute(request("create", "u-bob", attributes={"username": "bob"}))
    execute(request("create", "u-gone", attributes={}))
    execute(request("delete", "u-gone"))


@pytest.mark.parametrize("case", CASES)
def test_requests_of_a_change(execute, some_users, requests_sent, case):
    change, expected = CASES[case]
    requests_sent.clear()
    execute(change)
    assert requests_sent == expected


@pytest.mark.parametrize("case", REPLAYS)
def test_requests_of_a_replay(execute, some_users, requests_sent, case):
    change = {**CASES[case][0], "change_id": "c-1"}
    execute(change)
    requests_sent.clear()
    assert execute(change)["replayed"]
    # DynamoDB Local 1 keeps to itself what stood there, so the adapter asks for it.
    asked = [each for each in requests_sent if each != "GetItem"]
    assert asked == REPLAYS[case]


def test_a_ledger_record_that_was_there_is_read_only_where_the_engine_does_not_send_it(
    engine, execute, requests_sent
):
    sent_with_refusal = []

    def note(parsed, **_kwargs) -> None:
        if "Error" in parsed:
            sent_with_refusal.append("Item" in parsed)

    engine.meta.events.register("after-call.dynamodb.PutItem", note)
    for _ in range(2):
        execute(request("create", change_id="c-1", attributes={}))
    engine.meta.events.unregister("after-call.dynamodb.PutItem", note)
    assert requests_sent.count("GetItem") == sent_with_refusal.count(False)
    assert len(sent_with_refusal) == 1


def test_a_typical_receipt_is_one_write_unit(execute, engine, created_tables):
    change = request(
        "create",
        "9b2f1c5e-8f0a-4c4e-9d63-2a7a5d1f0c11",
        change_id="f7c1a9d2-3b64-4f4e-8a55-0c9be2d1a7f0",
        attributes={
            "username": "ada.lovelace",
            "email": "ada.lovelace@example.com",
            "display_name": "Ada Lovelace",
        },
        reason="ticket 4711",
    )
    execute(change)
    sizes = {item["pk"].partition("#")[0]: size_of(item) for item in items_of(engine, created_tables.users)}
    assert sizes["CHANGE"] <= 1024


def size_of(value: Any) -> int:
    """Return the bytes that DynamoDB counts for an item or a value.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    match value:
        case str():
            return len(value.encode())
        case bool() | None:
            return 1
        case int():
            return (len(str(abs(value))) + 1) // 2 + 1
        case list():
            return 3 + sum(1 + size_of(inner) for inner in value)
        case dict():
            return 3 + sum(1 + len(name.encode()) + size_of(inner) for name, inner in value.items())
    raise TypeError(type(value))
