"""The projection on both engines: published in order, counted once, whatever streams and processes do."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from registrar.adapters import counters as counters_module
from registrar.adapters.counters import Counters
from registrar.adapters.dynamodb import item_of
from registrar.adapters.events import EventBus
from registrar.adapters.trail import Trail
from registrar.domain.change import Outcome
from registrar.domain.decide import decide
from registrar.domain.errors import ChangeRejected, TransientFault
from registrar.domain.record import Record
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import identify
from registrar.domain.user import User
from tests.integration import machine
from tests.integration.sample_requests import request
from tests.integration.tables import created_table, put_all
from tools.schema import user_changed

CALLS = ("BatchGetItem", "Query", "TransactWriteItems", "PutEvents")
DAYS = [f"2030-01-{day:02d}" for day in range(28, 32)]
EVENT = Draft202012Validator(user_changed())


class Death(BaseException):
    """The end of a process: nothing in the code can catch it."""


@dataclass
class Bus:
    """An event bus that keeps what it takes, and refuses or dies as a test says."""

    published: list[dict[str, Any]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    hooks: list[Any] = field(default_factory=list)

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert len(Entries) <= 10
        self._call("before-call")
        details = [json.loads(entry["Detail"]) for entry in Entries]
        for detail in details:
            EVENT.validate(detail)
        taken = [detail["change_id"] not in self.refused for detail in details]
        self.published += [detail for detail, was in zip(details, taken, strict=True) if was]
        self._call("after-call")
        return {"Entries": [{"EventId": "1"} if was else {"ErrorCode": "InternalFailure"} for was in taken]}

    def _call(self, side: str) -> None:
        for hook in self.hooks:
            hook(event_name=f"{side}.events.PutEvents")


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def project(request, engine, created_tables, execute_unchecked, counters, bus, monkeypatch) -> Any:
    """Return what feeds the projection with records; it returns the places of those that it reports."""
    if request.node.callspec.params["endpoint"] == "dynamodb-local":
        # The jar in the package is of the time when a transaction had ten writes at most.
        monkeypatch.setattr(counters_module, "RECORDS_MAX", 4)
    module = machine.step("project_ledger")
    monkeypatch.setattr(module, "counters", counters)
    monkeypatch.setattr(module, "trail", Trail(engine, created_tables.ledger))
    monkeypatch.setattr(module, "bus", EventBus(bus, "bus"))

    def feed(records: list[Record]) -> list[int]:
        images = [
            {"dynamodb": {"SequenceNumber": str(n), "NewImage": item_of(record.as_json())}}
            for n, record in enumerate(records)
        ]
        answer = module.handler({"Records": images}, None)
        return sorted(int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"])

    return feed


@pytest.fixture
def counters_table(engine) -> Iterator[str]:
    with created_table(engine, "counters") as table:
        yield table


@pytest.fixture
def counters(engine, counters_table) -> Counters:
    return Counters(engine, counters_table)


@dataclass
class World:
    """Users whom random changes befall, without any table: the records, and where they lead."""

    rng: random.Random
    people: int = 60
    users: dict[str, User | None] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def change(self) -> None:
        number = len(self.records)
        user_id = f"u-{self.rng.randrange(self.people)}"
        action = self.rng.choice(["create", "create", "update", "update", "delete", "nonsense"])
        attributes = {} if action == "delete" else {"status": self.rng.choice(["active", "suspended"])}
        asked = request(action, user_id, change_id=f"c-{number}", attributes=attributes)
        identified = identify(asked, f"c-{number}")
        now = f"{DAYS[number * len(DAYS) // 2000]}T12:00:00.000000Z"
        salt = self.rng.randbytes(16).hex()
        try:
            if identified.change is None:
                raise ChangeRejected(identified.problems)
            applied = decide(identified.change, self.users.get(user_id), now, salt)
        except ChangeRejected as rejected:
            self.records.append(seal_rejection(identified, rejected, now, salt))
        else:
            self.users[user_id] = applied.after
            self.records.append(applied.record)

    def recount(self) -> dict[str, Counter[str]]:
        """Count anew, by other means than the projection: the users as they stand, and each record."""
        live = [user for user in self.users.values() if user and not user.deleted]
        counts = {"users": Counter(user.attributes["status"] for user in live)}
        for record in self.records:
            name = f"{record.action or 'unknown'} {record.outcome}"
            counts.setdefault(f"day#{record.recorded_at[:10]}", Counter())[name] += 1
        return counts


def totals(counters: Counters) -> dict[str, dict[str, int]]:
    """Read the totals, without the zeros that a status leaves behind."""
    counted = counters.totals(DAYS[0], DAYS[-1])
    return {row: {name: number for name, number in names.items() if number} for row, names in counted.items()}


def assert_published_in_order(bus: Bus, records: list[Record]) -> None:
    """Each record at least once; of a user the first event of each version after that of the one before."""
    first: dict[str, list[int]] = {}
    for detail in bus.published:
        if detail["outcome"] == Outcome.APPLIED:
            versions = first.setdefault(detail["user_id"], [])
            if detail["version"] not in versions:
                versions.append(detail["version"])
    assert all(versions == list(range(1, len(versions) + 1)) for versions in first.values())
    assert {detail["record_hash"] for detail in bus.published} == {record.hash for record in records}


@pytest.fixture
def dying(engine, bus) -> Iterator[list[Any]]:
    """Yield a list of plans: each is asked at every call, and raises what shall happen there."""
    plans: list[Any] = []

    def ask(event_name: str, **_kwargs) -> None:
        side, _, operation = event_name.split(".")
        for plan in plans:
            plan(side, operation)

    for side in ("before-call", "after-call"):
        engine.meta.events.register(f"{side}.dynamodb", ask)
    bus.hooks.append(ask)
    yield plans
    for side in ("before-call", "after-call"):
        engine.meta.events.unregister(f"{side}.dynamodb", ask)


@pytest.mark.timeout(240)
def test_after_2000_random_changes_with_faults_the_counters_equal_a_recount(
    request, project, counters, store, bus, dying
):
    rng = random.Random(2000)
    world = World(rng)
    # The jar counts so few records at once that fewer of them meet as many faults.
    for _ in range(2000 if request.node.callspec.params["endpoint"] == "ministack" else 300):
        world.change()
    # What is decided first may be delivered later: neighbours change places.
    arriving = sorted(enumerate(world.records), key=lambda pair: pair[0] + rng.uniform(0, 8))
    coming = [record for _, record in arriving]
    wrong = {"deaths": 0, "repeats": 0}

    def stumble(side: str, operation: str) -> None:
        if operation in CALLS and rng.random() < 0.06:
            wrong["deaths"] += 1
            raise rng.choice([Death, ConnectionResetError, TransientFault])

    stream: list[Record] = []
    place = 0
    while coming or place < len(stream):
        for record in coming[: rng.randrange(60)]:
            store.deliver(record)
            stream.append(coming.pop(0))
        # A batch is cut anew at every try, and may begin before what was done already.
        start = max(0, place - rng.choice([0, 0, 0, 5]))
        wrong["repeats"] += place - start
        batch = stream[start : place + rng.randrange(1, 60)]
        bus.refused = {record.change_id for record in batch if rng.random() < 0.005}
        dying[:] = [stumble]
        try:
            failed = project(batch)
        except (Death, ConnectionResetError, TransientFault):
            continue
        finally:
            dying.clear()
        # As Lambda does: it goes on behind what is whole.
        place = max(place, start + (failed[0] if failed else len(batch)))
    assert min(wrong.values()) > 10
    assert totals(counters) == world.recount()
    assert_published_in_order(bus, world.records)


def life() -> World:
    """Some dozens of changes of three users, of every kind and outcome."""
    world = World(random.Random(1), people=3)
    for _ in range(40):
        world.change()
    kinds = {(record.action, record.outcome) for record in world.records}
    assert len(kinds) == 7
    return world


def test_a_repeated_batch_counts_once_and_costs_a_read(project, counters, store, bus, requests_sent):
    world = life()
    for record in world.records:
        store.deliver(record)
    assert project(world.records) == []
    requests_sent.clear()
    assert project(world.records) == []
    assert set(requests_sent) == {"BatchGetItem"}
    assert totals(counters) == world.recount()
    assert len(bus.published) == len(world.records)


def test_batches_of_one_in_reverse_come_out_the_same(project, counters, store, bus):
    world = life()
    for record in world.records:
        store.deliver(record)
    for record in reversed(world.records):
        assert project([record]) == []
    assert totals(counters) == world.recount()
    assert_published_in_order(bus, world.records)


def test_a_record_waits_for_its_predecessor_until_that_is_in_the_ledger(project, counters, store, bus):
    world = World(random.Random(1), people=1)
    while world.users.get("u-0") is None or world.users["u-0"].version < 3:
        world.change()
    first, second, third = (each for each in world.records if each.applied)
    for record in (first, third):
        store.deliver(record)
    assert project([third, first]) == [0]
    assert [detail["version"] for detail in bus.published] == [1]
    store.deliver(second)
    assert project([third]) == []
    assert project([second]) == []
    assert [detail["version"] for detail in bus.published] == [1, 2, 3]


@pytest.mark.parametrize("altered", [{"reason": "another"}, {"reason": None}, {"later": 1}, {"errors": [{}]}])
def test_what_was_overtaken_is_not_published_when_its_seal_is_broken(
    project, engine, created_tables, bus, altered
):
    world = World(random.Random(1), people=1)
    while world.users.get("u-0") is None or world.users["u-0"].version < 3:
        world.change()
    first, second, third = (each for each in world.records if each.applied)
    assert project([first]) == []
    put_all(engine, created_tables.ledger, [item_of({**second.as_json(), **altered})])
    assert project([third]) == [0]
    assert [detail["version"] for detail in bus.published] == [1]
    put_all(engine, created_tables.ledger, [item_of(second.as_json())])
    assert project([third]) == []
    assert [detail["version"] for detail in bus.published] == [1, 2, 3]


def test_what_the_bus_refuses_is_reported_and_lets_no_later_one_of_its_user_go_first(
    project, counters, store, bus
):
    world = life()
    for record in world.records:
        store.deliver(record)
    applied = [record for record in world.records if record.applied]
    stuck = next(record for record in applied if record.version == 2)
    bus.refused = {stuck.change_id}
    failed = [world.records[n] for n in project(world.records)]
    assert stuck in failed
    assert {record.user_id for record in failed} == {stuck.user_id}
    bus.refused = set()
    assert project(world.records) == []
    assert totals(counters) == world.recount()
    assert_published_in_order(bus, world.records)


@pytest.mark.parametrize("field", ["hash", "commitment", "reason"])
def test_a_record_whose_seal_is_broken_is_reported_and_not_published(project, counters, store, bus, field):
    world = life()
    bad = replace(world.records[0], **{field: "f" * 64})
    assert project([bad]) == [0]
    assert (bus.published, totals(counters)) == ([], {})


def test_a_process_that_ends_at_any_call_loses_and_doubles_nothing(
    engine, project, counters, counters_table, store, bus, dying
):
    calls: list[tuple[str, str]] = []
    world = World(random.Random(1), people=1)
    while world.users.get("u-0") is None or world.users["u-0"].version < 4:
        world.change()
    for record in world.records:
        store.deliver(record)
    # The end first: what was overtaken is fetched from the ledger.
    batches = [world.records[-1:], world.records[:-1]]
    dying[:] = [lambda side, operation: calls.append((side, operation))]
    for batch in batches:
        assert project(batch) == []
    assert {operation for _, operation in calls} == set(CALLS)
    for at in range(len(calls)):
        for times in (1, 2):
            _empty(engine, counters_table)
            bus.published.clear()
            met = [0, 0]

            def die(
                side: str, operation: str, at: int = at, times: int = times, met: list[int] = met
            ) -> None:
                met[0] += 1
                if met[0] > at and met[1] < times:
                    met[1] += 1
                    raise Death

            dying[:] = [die]
            for batch in batches:
                feed_until_it_is_done(project, batch)
            assert met[1] == times
            assert totals(counters) == world.recount(), (at, times)
            assert_published_in_order(bus, world.records)


def feed_until_it_is_done(project: Any, batch: list[Record]) -> None:
    while True:
        try:
            assert project(batch) == []
        except Death:
            continue
        return


def _empty(engine: Any, table: str) -> None:
    for page in engine.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            engine.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})
