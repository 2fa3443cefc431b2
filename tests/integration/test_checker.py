"""The checker: honest tables are clean, and whatever is altered in them is found.

Its reads meet both engines at the end of every test that executes changes; what it makes of them is
tested on one.
"""

import gc
import json
import random
import threading
import time
import tracemalloc
from collections import Counter
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from registrar.domain.record import commitment_of, hash_of
from registrar_client.check import Checker
from registrar_client.check.merge import WAITING_MAX
from tests.integration.sample_requests import request
from tests.integration.tables import items_of

pytestmark = pytest.mark.one_engine
typed = TypeSerializer().serialize


class Tamperer:
    """Writes whatever it likes, as nobody should be able to."""

    def __init__(self, engine: Any, tables: Any) -> None:
        self.engine = engine
        self.names = {"Users": tables.users, "Ledger": tables.ledger}
        self.keys = {"Users": ("pk",), "Ledger": ("user_id", "sequence")}

    def items(self, table: str) -> list[dict[str, Any]]:
        return sorted(
            items_of(self.engine, self.names[table]), key=lambda i: [i[k] for k in self.keys[table]]
        )

    def put(self, table: str, item: dict[str, Any]) -> None:
        self.engine.put_item(TableName=self.names[table], Item={k: typed(v) for k, v in item.items()})

    def delete(self, table: str, item: dict[str, Any]) -> None:
        key = {name: typed(item[name]) for name in self.keys[table]}
        self.engine.delete_item(TableName=self.names[table], Key=key)

    def find(self, table: str, *key: str) -> dict[str, Any]:
        (item,) = (i for i in self.items(table) if tuple(i[k] for k in self.keys[table]) == key)
        return item


HISTORY = [
    request("create", "u-ada", change_id="c-1", attributes={"username": "Ada", "email": "ada@example.com"}),
    request("update", "u-ada", change_id="c-2", attributes={"username": "ADA", "tags": {"team": "blue"}})
    | {"actor": {"id": "arn:aws:sts::123456789012:assumed-role/Task", "type": "iam", "session": "i-1@task"}},
    request("create", "u-bob", change_id="c-3", attributes={"username": "bob"}, reason="hired"),
    request("delete", "u-bob", change_id="c-4"),
    request("update", "u-bob", change_id="c-5", attributes={}),
    request("create", "u-eve", change_id="c-6", attributes={"username": "ada"}),
    request("update", "u-ada", change_id="c-1", attributes={}),
    request("create", "u-bad", change_id="c-7", attributes={"colour": 1}),
    {"change_id": "c-8"},
]
V1, V2 = "v#000000000001", "v#000000000002"


@pytest.fixture
def tables(engine, created_tables, monkeypatch, endpoint, execute_unchecked) -> Tamperer:
    """Honest tables with a record of every kind."""
    for each in HISTORY:
        execute_unchecked(each)
    return Tamperer(engine, created_tables)


def codes(checker: Checker) -> set[tuple[str, str]]:
    return {(violation.code, violation.key) for violation in checker.check()}


def test_honest_tables_are_clean_and_counted(tables, checker):
    assert codes(checker) == set()
    assert checker.counts == {"users": 2, "names": 2, "receipts": 8, "records": 9}
    for user_id in ("u-ada", "u-bob", "u-eve", "u-nobody"):
        assert checker.check_user(user_id) == []
    for number in range(1, 9):
        assert checker.check_change(f"c-{number}") == []


def altered(table: str, *key: str, **fields: Any) -> Any:
    return lambda tables: tables.put(table, tables.find(table, *key) | fields)


def removed(table: str, *key: str) -> Any:
    return lambda tables: tables.delete(table, tables.find(table, *key))


def swapped_names(tables: Tamperer) -> None:
    tables.put("Users", {"pk": "NAME#username#ada", "user_id": "u-bob"})


def sealed_anew(*key: str, **fields: Any) -> Any:
    """Alter a record, seal it anew, and its receipt alike: by themselves both are flawless."""

    def tamper(tables: Tamperer) -> None:
        record = tables.find("Ledger", *key)
        tables.delete("Ledger", record)
        record |= fields
        if len(parts := record["sequence"].split("#")) > 2:
            record["sequence"] = "#".join([*parts[:-1], record["request_hash"]])
        record["commitment"] = commitment_of(record)
        record["hash"] = hash_of(record)
        tables.put("Ledger", record)
        if len(parts) == 2:
            tables.put("Users", {"pk": f"CHANGE#{record['change_id']}", **record})

    return tamper


def a_reuse_of_the_same_request(tables: Tamperer) -> None:
    (reuse,) = (record for record in tables.items("Ledger") if record["sequence"].startswith("r#c-1#"))
    request_hash = tables.find("Users", "CHANGE#c-1")["request_hash"]
    sealed_anew("u-ada", reuse["sequence"], request_hash=request_hash)(tables)


def altered_alike(tables: Tamperer) -> None:
    for table, key in (("Ledger", ("u-bob", V1)), ("Users", ("CHANGE#c-3",))):
        altered(table, *key, reason="fired")(tables)


ADA, BOB = "Users USER#u-ada", "Users USER#u-bob"
TAMPERINGS = {
    "a user altered": (altered("Users", "USER#u-ada", email="eve@example.com"), {
        ("user_differs", ADA), ("name_missing", "Users NAME#email#eve@example.com"),
        ("name_stray", "Users NAME#email#ada@example.com")}),
    "a user's shard altered": (altered("Users", "USER#u-ada", listing="active#9"), {("user_differs", ADA)}),
    "a tombstone with a name": (altered("Users", "USER#u-bob", username="bob"), {("user_differs", BOB)}),
    "a user removed": (removed("Users", "USER#u-bob"), {
        ("user_missing", f"Ledger u-bob {V1}"), ("user_missing", f"Ledger u-bob {V2}")}),
    "a user without a history": (altered("Users", "USER#u-bob", pk="USER#u-new", user_id="u-new"), {
        ("user_unexplained", "Users USER#u-new")}),
    "a name removed": (removed("Users", "NAME#username#ada"), {("name_missing", "Users NAME#username#ada")}),
    "a name given to another": (swapped_names, {
        ("name_missing", "Users NAME#username#ada"), ("name_stray", "Users NAME#username#ada")}),
    "a name that nobody has": (altered("Users", "NAME#username#ada", pk="NAME#username#eve"), {
        ("name_stray", "Users NAME#username#eve")}),
    "a receipt removed": (removed("Users", "CHANGE#c-5"), {("receipt_missing", "Ledger u-bob r#c-5")}),
    "a receipt altered": (altered("Users", "CHANGE#c-5", request_hash="0"), {
        ("receipt_differs", "Ledger u-bob r#c-5"), ("record_differs", "Ledger u-bob r#c-5")}),
    "a receipt under another id": (altered("Users", "CHANGE#c-5", pk="CHANGE#c-9"), {
        ("receipt_misplaced", "Users CHANGE#c-9")}),
    "the receipt of a re-used id removed": (removed("Users", "CHANGE#c-1"), {
        ("receipt_missing", f"Ledger u-ada {V1}"), ("reuse_unexplained", "Ledger u-ada r#c-1#")}),
    "a record removed": (removed("Ledger", "u-ada", V2), {
        ("record_missing", f"Ledger u-ada {V2}"), ("user_differs", ADA)}),
    "the first record removed": (removed("Ledger", "u-ada", V1), {
        ("record_missing", f"Ledger u-ada {V1}"), ("version_gap", f"Ledger u-ada {V2}"),
        ("chain_broken", f"Ledger u-ada {V2}"), ("before_differs", f"Ledger u-ada {V2}"),
        ("user_differs", ADA)}),
    "a sealed field altered": (altered("Ledger", "u-bob", "r#c-5", actor={"id": "eve", "type": "user"}), {
        ("hash_broken", "Ledger u-bob r#c-5"), ("receipt_differs", "Ledger u-bob r#c-5"),
        ("record_differs", "Ledger u-bob r#c-5")}),
    "an erasable field altered": (altered("Ledger", "u-bob", V1, reason="fired"), {
        ("commitment_broken", f"Ledger u-bob {V1}"), ("receipt_differs", f"Ledger u-bob {V1}"),
        ("record_differs", f"Ledger u-bob {V1}")}),
    "a receipt and its record altered alike": (altered_alike, {("commitment_broken", f"Ledger u-bob {V1}")}),
    "a record sealed anew within a chain": (sealed_anew("u-ada", V1, actor={"id": "eve", "type": "user"}), {
        ("chain_broken", f"Ledger u-ada {V2}")}),
    "a rejection sealed anew behind another record": (sealed_anew("u-bob", "r#c-5", previous_hash="0" * 64), {
        ("chain_broken", "Ledger u-bob r#c-5")}),
    "a re-use that asked for the same": (a_reuse_of_the_same_request, {
        ("reuse_unexplained", "Ledger u-ada r#c-1#")}),
    "a rejection that follows another record": (altered("Ledger", "u-bob", "r#c-5", previous_hash="0" * 64), {
        ("chain_broken", "Ledger u-bob r#c-5"), ("hash_broken", "Ledger u-bob r#c-5"),
        ("receipt_differs", "Ledger u-bob r#c-5"), ("record_differs", "Ledger u-bob r#c-5")}),
    "a record in another place": (altered("Ledger", "u-bob", "r#c-5", sequence="r#c-0"), {
        ("record_misplaced", "Ledger u-bob r#c-0"), ("hash_broken", "Ledger u-bob r#c-0"),
        ("receipt_differs", "Ledger u-bob r#c-0")}),
    "an item of no kind": (altered("Users", "USER#u-bob", pk="OTHER"), {("unknown_item", "Users OTHER")}),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_is_altered_is_found_where_it_is_and_nothing_else(tables, checker, name):
    tamper, expected = TAMPERINGS[name]
    tamper(tables)
    found = {(code, "Ledger u-ada r#c-1#" if "#c-1#" in key else key) for code, key in codes(checker)}
    assert found == expected


def test_true_is_not_one(tables, checker):
    altered("Users", "CHANGE#c-1", version=True)(tables)
    expected = {("record_differs", f"Ledger u-ada {V1}"), ("receipt_differs", f"Ledger u-ada {V1}")}
    assert codes(checker) == expected


def test_no_alteration_of_any_field_goes_unnoticed(tables, checker):
    """A field changed, added or removed, in any item of both tables."""
    chance = random.Random()
    for table in ("Users", "Ledger"):
        for item in tables.items(table):
            names = [name for name in item if name not in tables.keys[table]]
            name = chance.choice(names)
            # DynamoDB itself keeps the type of an index's keys.
            others = ["another", 7, None, {"a": "b"}, [], True][
                : 1 if name in ("listing", "updated_at") else 6
            ]
            without = chance.choice(names)
            for spoilt in (
                item | {name: chance.choice(others)},
                item | {"more": chance.choice(others)},
                {name: value for name, value in item.items() if name != without},
            ):
                tables.put(table, spoilt)
                assert codes(checker), (table, item, spoilt)
                tables.put(table, item)
    assert codes(checker) == set()


def test_a_trail_and_a_table_of_many_pages_are_read_to_the_end(tables, engine, checker, execute_unchecked):
    for n in range(12):
        execute_unchecked(request("update", "u-ada", attributes={"display_name": f"Ada {n}"}))

    def few(params, **_kwargs) -> None:
        content = json.loads(params["body"])
        params["body"] = json.dumps(content | {"Limit": 5}).encode()

    engine.meta.events.register("before-call.dynamodb.Query", few)
    engine.meta.events.register("before-call.dynamodb.Scan", few)
    try:
        assert codes(checker) == set()
        assert checker.counts["records"] == 21
        removed("Ledger", "u-ada", "v#000000000013")(tables)
        assert ("version_gap", "Ledger u-ada v#000000000014") in codes(checker)
    finally:
        engine.meta.events.unregister("before-call.dynamodb.Query", few)
        engine.meta.events.unregister("before-call.dynamodb.Scan", few)


def test_what_is_on_its_way_within_the_grace_is_no_violation(tables, checker):
    record = tables.find("Ledger", "u-ada", V2)
    tables.delete("Ledger", record)
    assert codes(checker) != set()

    def deliver() -> None:
        time.sleep(1)
        tables.put("Ledger", record)

    threading.Thread(target=deliver).start()
    assert list(checker.check(grace=30)) == []


def test_what_stays_wrong_is_reported_after_the_grace(tables, checker):
    removed("Users", "NAME#username#ada")(tables)
    assert [violation.code for violation in checker.check(grace=0.1)] == ["name_missing"]


def test_honest_tables_are_read_once_and_only_what_rests_on_others_is_looked_up(
    tables, checker, requests_sent
):
    # Two records of the history need an item elsewhere: the rejection of a deletion's user, and a re-used id.
    assert list(checker.check(segments=2, grace=30)) == []
    assert Counter(requests_sent)["Scan"] == 4
    assert Counter(requests_sent) - Counter(Scan=4) <= Counter(BatchGetItem=4)


def test_a_user_with_many_applied_changes_costs_no_request_of_its_own(
    tables, checker, requests_sent, execute_unchecked
):
    for name in ("ida", "joe", "kay"):
        execute_unchecked(request("create", f"u-{name}", attributes={"username": name}))
    requests_sent.clear()
    list(checker.check(segments=1))
    before = Counter(requests_sent)
    for name in ("leo", "mia", "ned"):
        execute_unchecked(request("create", f"u-{name}", attributes={"username": name}))
    requests_sent.clear()
    list(checker.check(segments=1))
    assert Counter(requests_sent) == before


def test_who_stops_waiting_stops_the_check_long_before_the_end():
    client = Endless(10**9)

    class Impatient(Counter):
        def update(self, *counted: Any) -> None:
            if any(counted):
                raise TimeoutError

    checker = Checker(client, "users", "ledger")
    checker.counts = Impatient()
    with pytest.raises(TimeoutError):
        list(checker.check(segments=3))
    # So many may have been read before this thread had its turn; there would be thirty million.
    assert client.scans <= 2 * WAITING_MAX


class Endless:
    """A client of a ledger with very many rejections of one user, made as they are asked for."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.scans = 0

    def scan(self, TableName: str, ExclusiveStartKey: int = 0, **_request: Any) -> dict[str, Any]:  # noqa: N803
        self.scans += 1
        if TableName == "users":
            return {"Items": []}
        end = min(ExclusiveStartKey + 100, self.records)
        items = [{"user_id": {"S": "u"}, "sequence": {"S": f"r#{n}"}} for n in range(ExclusiveStartKey, end)]
        return {"Items": items} | ({"LastEvaluatedKey": end} if end < self.records else {})

    def batch_get_item(self, **_request: Any) -> dict[str, Any]:
        return {"Responses": {}}


def test_memory_does_not_grow_with_the_tables():
    def peak(records: int) -> int:
        checker = Checker(Endless(records), "users", "ledger")
        tracemalloc.start()
        violations = sum(1 for _ in checker.check(segments=1, grace=0))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert violations > records
        return size

    def least(records: int) -> int:
        # Whatever else this process does meanwhile only adds.
        gc.collect()
        return min(peak(records) for _ in range(3))

    peak(1000)
    assert least(20_000) < 1.5 * least(2_000)
