"""Users in ``registrar.adapters.store`` on both engines: what is written, what is refused, what is read."""

from dataclasses import replace

import pytest

from registrar.adapters.items import LISTING_SHARDS
from registrar.domain.decide import Applied, Cancelled
from registrar.domain.errors import BrokenSeal
from tests.integration.machine import ExecutionFailedError
from tests.integration.sample_requests import NOW, decided, request
from tests.integration.tables import items_of

ADA = {"username": "Ada", "email": "Ada@Example.com", "display_name": "Ada Lovelace", "tags": {"team": "Ω"}}


@pytest.fixture
def ada(store) -> Applied:
    """The user u-1, created by change c-1."""
    created = decided(None, "c-1", "create", attributes=ADA)
    assert store.commit(created) is None
    return created


@pytest.fixture
def stored(engine, created_tables):
    """Return a function that reads the whole Users table, by ``pk``."""
    return lambda: {item.pop("pk"): item for item in items_of(engine, created_tables.users)}


@pytest.fixture
def give_away(engine, created_tables):
    """Return a function that writes another owner into a held name, past every condition."""

    def put(name: str, owner: str) -> None:
        engine.put_item(TableName=created_tables.users, Item={"pk": {"S": name}, "user_id": {"S": owner}})

    return put


def listed(engine, tables, status):
    """Return the ids of the users of a status, as the index lists them."""
    found = []
    for shard in range(LISTING_SHARDS):
        answer = engine.query(
            TableName=tables.users,
            IndexName="by_status",
            KeyConditionExpression="listing = :listing AND updated_at >= :since",
            ExpressionAttributeValues={":listing": {"S": f"{status}#{shard}"}, ":since": {"S": NOW}},
        )
        found += [item["user_id"]["S"] for item in answer["Items"]]
    return found


def test_a_create_writes_the_user_its_names_and_the_receipt_to_the_letter(ada, stored):
    items = stored()
    assert items.pop("USER#u-1") == {
        "user_id": "u-1",
        "version": 1,
        "head": ada.record.hash,
        "created_at": NOW,
        "updated_at": NOW,
        "status": "active",
        **ADA,
        "listing": "active#2",
    }
    assert items.pop("NAME#email#ada@example.com") == {"user_id": "u-1"}
    assert items.pop("NAME#username#ada") == {"user_id": "u-1"}
    assert items.pop("CHANGE#c-1") == ada.record.as_json()
    assert items == {}
    assert (ada.record.change_id, ada.record.outcome, ada.record.version) == ("c-1", "APPLIED", 1)


def test_an_update_moves_the_names_and_keeps_the_old_receipt(ada, store, stored):
    patch = {"email": None, "username": "countess", "status": "suspended"}
    updated = decided(ada.after, "c-2", "update", attributes=patch)
    assert store.commit(updated) is None
    items = stored()
    assert items.keys() == {"USER#u-1", "NAME#username#countess", "CHANGE#c-1", "CHANGE#c-2"}
    user = items["USER#u-1"]
    assert (user["version"], user["username"], user["head"]) == (2, "countess", updated.record.hash)
    assert "email" not in user
    receipts = (ada.record.as_json(), updated.record.as_json())
    assert (items["CHANGE#c-1"], items["CHANGE#c-2"]) == receipts


def test_a_tombstone_keeps_its_version_and_no_name(ada, store, stored):
    deleted = decided(ada.after, "c-2", "delete")
    assert store.commit(deleted) is None
    items = stored()
    assert items.keys() == {"USER#u-1", "CHANGE#c-1", "CHANGE#c-2"}
    assert items["USER#u-1"] == {
        "user_id": "u-1",
        "version": 2,
        "head": deleted.record.hash,
        "created_at": NOW,
        "updated_at": NOW,
        "status": "deleted",
    }


def test_the_index_lists_live_users_by_status(engine, created_tables, store):
    made = [decided(None, f"c-{n}", "create", f"u-{n}", attributes={}) for n in range(12)]
    assert [store.commit(each) for each in made] == [None] * 12
    store.commit(decided(made[3].after, "c-s", "update", "u-3", attributes={"status": "suspended"}))
    store.commit(decided(made[5].after, "c-d", "delete", "u-5"))
    active = {f"u-{n}" for n in range(12) if n not in (3, 5)}
    found = listed(engine, created_tables, "active")
    assert (len(found), set(found)) == (10, active)
    assert listed(engine, created_tables, "suspended") == ["u-3"]
    assert listed(engine, created_tables, "deleted") == []


def test_what_was_committed_is_read_back(ada, store):
    assert store.read("u-1", "c-1") == (ada.after, ada.record)
    assert store.read("u-2", "c-2") == (None, None)
    deleted = decided(ada.after, "c-2", "delete")
    store.commit(deleted)
    assert store.read("u-1", "c-9") == (deleted.after, None)


def test_each_part_of_what_was_committed_is_read_back_alone(ada, store):
    assert (store.user("u-1"), store.user("u-2")) == (ada.after, None)
    assert (store.receipt("c-1"), store.receipt("c-2")) == (ada.record, None)
    assert store.receipts(["c-2", "c-1", "c-1"]) == {"c-1": ada.record}
    assert store.holder("email", "ADA@example.com") == ada.after
    assert store.holder("username", "bob") is None


def test_a_read_is_one_strongly_consistent_request(engine, store, requests_sent):
    asked = []

    def note(params, **_kwargs) -> None:
        asked.extend(params["RequestItems"].values())

    engine.meta.events.register("before-parameter-build.dynamodb.BatchGetItem", note)
    try:
        store.read("u-1", "c-1")
    finally:
        engine.meta.events.unregister("before-parameter-build.dynamodb.BatchGetItem", note)
    assert requests_sent == ["BatchGetItem"]
    assert [each["ConsistentRead"] for each in asked] == [True]


def test_a_known_change_id_is_refused_with_its_receipt(ada, store):
    other = decided(None, "c-1", "create", "u-2", attributes={"username": "bob"})
    assert store.commit(other) == Cancelled(receipt=ada.record, user_moved=False, user=None, names_taken=[])


def test_an_update_of_a_user_that_moved_is_refused_with_the_user_as_it_stands(ada, store):
    first = decided(ada.after, "c-2", "update", attributes={"display_name": "A"})
    late = decided(ada.after, "c-3", "update", attributes={"display_name": "B"})
    assert store.commit(first) is None
    assert store.commit(late) == Cancelled(receipt=None, user_moved=True, user=first.after, names_taken=[])


def test_an_update_of_a_user_that_is_not_there_is_refused(ada, store, engine, created_tables):
    engine.delete_item(TableName=created_tables.users, Key={"pk": {"S": "USER#u-1"}})
    late = decided(ada.after, "c-2", "update", attributes={"display_name": "B"})
    assert store.commit(late) == Cancelled(receipt=None, user_moved=True, user=None, names_taken=[])


@pytest.mark.parametrize("tombstone", [False, True])
def test_a_create_over_a_user_is_refused_with_the_user_as_it_stands(ada, store, tombstone):
    there = ada
    if tombstone:
        there = decided(ada.after, "c-2", "delete")
        store.commit(there)
    again = decided(None, "c-3", "create", attributes={"username": "new"})
    assert store.commit(again) == Cancelled(receipt=None, user_moved=True, user=there.after, names_taken=[])


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        ({"email": "ADA@EXAMPLE.COM"}, ["email"]),
        ({"username": "\uff21da"}, ["username"]),  # a full-width A
        ({"email": "ada@example.com", "username": "ADA"}, ["email", "username"]),
    ],
)
@pytest.mark.parametrize("action", ["create", "update"])
def test_names_of_another_are_refused_each_by_its_kind(ada, store, action, names, taken):
    before = None
    if action == "update":
        bob = decided(None, "c-2", "create", "u-2", attributes={"username": "bob"})
        store.commit(bob)
        before = bob.after
    wanted = decided(before, "c-3", action, "u-2", attributes=names)
    cancelled = store.commit(wanted)
    assert cancelled is not None
    assert sorted(cancelled.names_taken) == taken
    assert replace(cancelled, names_taken=[]) == Cancelled(None, user_moved=False, user=None, names_taken=[])


@pytest.mark.parametrize("action", ["update", "delete"])
def test_a_name_that_somebody_else_holds_is_not_released(ada, store, give_away, action, stored):
    give_away("NAME#email#ada@example.com", "u-2")
    before = stored()
    fields = {"attributes": {"email": None}} if action == "update" else {}
    cancelled = store.commit(decided(ada.after, "c-2", action, **fields))
    assert cancelled == Cancelled(receipt=None, user_moved=True, user=None, names_taken=[])
    assert stored() == before


def test_the_receipt_is_returned_when_everything_else_fails_too(ada, store, stored):
    bob = decided(None, "c-2", "create", "u-2", attributes={"username": "bob"})
    store.commit(bob)
    moved = decided(bob.after, "c-3", "update", "u-2", attributes={"username": "robert"})
    store.commit(moved)
    before = stored()
    late = decided(
        bob.after, "c-3", "update", "u-2", attributes={"email": "ada@example.com", "username": None}
    )
    assert store.commit(late) == Cancelled(
        moved.record, user_moved=True, user=moved.after, names_taken=["email"]
    )
    assert stored() == before


@pytest.mark.parametrize("head", [{"NULL": True}, {"N": "7"}])
def test_nothing_is_committed_on_a_user_whose_item_was_altered(
    execute_unchecked, engine, created_tables, head
):
    execute_unchecked(request("create", change_id="c-1", attributes=ADA))
    key = {"pk": {"S": "USER#u-1"}}
    engine.update_item(
        TableName=created_tables.users,
        Key=key,
        UpdateExpression="SET head = :head",
        ExpressionAttributeValues={":head": head},
    )
    before = items_of(engine, created_tables.users)
    with pytest.raises(ExecutionFailedError) as failed:
        execute_unchecked(request("update", change_id="c-2", attributes={"display_name": "Grace"}))
    assert isinstance(failed.value.__cause__, BrokenSeal)
    assert items_of(engine, created_tables.users) == before
