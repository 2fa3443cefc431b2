"""What a change costs: its requests to DynamoDB on both engines, and the size of what it keeps."""

from collections.abc import Iterator

import pytest

from bench.cost import costs
from bench.units import KINDS, Accountant, Units, change, size_of
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
    execute(change("create"))
    sizes = {item["pk"].partition("#")[0]: size_of(item) for item in items_of(engine, created_tables.users)}
    assert sizes["CHANGE"] <= 1024


# A refused transaction is charged, too.
WRITE_UNITS = {"create": 10, "update": 7, "delete": 10, "replay": 10, "rejection": 4}
READ_UNITS = {"create": 0, "update": 2, "delete": 2, "replay": 0, "rejection": 2}
DOLLARS = {"STANDARD": 82.41, "EXPRESS": 8.51, "bulk row": 6.48}
"""For a million creates: what a change adds here, it adds to everybody's bill. Lower them when they fall."""


@pytest.fixture
def taken(execute, engine) -> Iterator[dict[str, Units]]:
    """What one change of each kind takes, one after the other."""
    accountant = Accountant(engine)
    units = {}
    for kind in KINDS:
        accountant.units = Units()
        execute(change(kind))
        units[kind] = accountant.units
    accountant.stop()
    return units


def test_the_budget_of_a_change(taken):
    assert {kind: units.write_units for kind, units in taken.items()} == WRITE_UNITS
    assert {kind: units.read_units for kind, units in taken.items()} == READ_UNITS


def test_the_budget_in_dollars(taken):
    found = {cost.name: cost.total for cost in costs(taken)}
    for name, most in DOLLARS.items():
        assert found[name] <= most + 0.005, name
    assert found["bulk row"] <= 0.8 * found["EXPRESS"]
