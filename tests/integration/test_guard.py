"""The guard on both engines: what executions left behind is delivered, whatever else is in the batch."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from registrar.adapters.environment import Environment
from registrar.services import guard as service
from tests.integration import machine
from tests.integration.sample_requests import request
from tests.integration.tables import items_of

REQUEST = request("create", change_id="c-1", attributes={"username": "ada"})


@pytest.fixture(autouse=True)
def no_grace(execute, monkeypatch):
    grace(monkeypatch, "0")


def grace(monkeypatch, seconds: str) -> None:
    monkeypatch.setattr(machine.step("guard_ledger"), "environment", Environment(grace_seconds=seconds))


def batch(*receipts: dict[str, Any], created: float = 0) -> dict[str, Any]:
    """Return the event that Lambda makes of new receipts."""
    write = TypeSerializer().serialize
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "ApproximateCreationDateTime": created,
                    "NewImage": {
                        name: write(value)
                        for name, value in {"pk": f"CHANGE#{receipt.get('change_id')}", **receipt}.items()
                    },
                },
            }
            for number, receipt in enumerate(receipts)
        ]
    }


def guard(event: dict[str, Any]) -> list[int]:
    """Let the guard work on a batch; return the numbers of what it reports as failed."""
    answer = machine.step("guard_ledger").handler(event, None)
    return [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]


def written(change: dict[str, Any]) -> dict[str, Any]:
    """Run an execution that dies before its audit step; return the sealed record that it left behind."""
    checked = {"request": change, "execution_name": "e-1"}
    event = machine.step("validate_change").handler(checked, None)
    return machine.step("write_change").handler(event, None)["record"]


def test_a_record_that_was_left_behind_is_delivered(engine, execute, created_tables):
    record = written(REQUEST)
    assert guard(batch(record)) == []
    assert items_of(engine, created_tables.ledger) == [record]


def test_a_healthy_change_costs_a_read_and_no_write(execute, requests_sent):
    records = [written(request("create", f"u-{n}", change_id=f"c-{n}", attributes={})) for n in range(101)]
    guard(batch(*records))
    requests_sent.clear()
    assert guard(batch(*records)) == []
    assert requests_sent == ["BatchGetItem", "BatchGetItem"]


def test_the_guard_and_the_audit_step_at_once_deliver_one_record(engine, execute, created_tables):
    for n in range(8):
        record = written(request("create", f"u-{n}", change_id=f"c-{n}", attributes={}))
        audit = machine.step("audit_change").handler
        with ThreadPoolExecutor() as both:
            answered = [both.submit(audit, {"record": record, "answer": {"n": n}}, None) for _ in range(2)]
            reported = [both.submit(guard, batch(record)) for _ in range(2)]
        assert [each.result() for each in answered] == [{"n": n}] * 2
        assert [each.result() for each in reported] == [[]] * 2
        assert items_of(engine, created_tables.ledger).count(record) == 1


def altered(record: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**record, **fields}


SPOILT = {
    "an erasable field altered": lambda record: altered(record, reason="another"),
    "a sealed field altered": lambda record: altered(record, user_id="u-2"),
    "another hash": lambda record: altered(record, hash="0" * 64),
    "no hash": lambda record: {name: value for name, value in record.items() if name != "hash"},
    "nothing": lambda _: {},
}


def test_one_bad_receipt_among_a_hundred_is_reported_and_the_others_are_delivered(
    engine, execute, created_tables
):
    records = [written(request("create", f"u-{n}", change_id=f"c-{n}", attributes={})) for n in range(100)]
    bad = altered(records[42], reason="another")
    assert guard(batch(*records[:42], bad, *records[43:])) == [42]
    delivered = {record["user_id"] for record in items_of(engine, created_tables.ledger)}
    assert delivered == {f"u-{n}" for n in range(100)} - {"u-42"}
    assert guard(batch(records[42])) == []


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_no_receipt_is_delivered_whose_seal_is_broken(engine, execute, created_tables, spoil):
    record = written(REQUEST)
    assert guard(batch(spoil(record))) == [0]
    assert items_of(engine, created_tables.ledger) == []
    assert guard(batch(record)) == []


def test_another_record_in_its_place_is_reported_and_stays(engine, execute, created_tables):
    record = written(REQUEST)
    other = {**record, "hash": "f" * 64}
    engine.put_item(
        TableName=created_tables.ledger,
        Item={name: TypeSerializer().serialize(value) for name, value in other.items()},
    )
    assert guard(batch(record)) == [0]
    assert items_of(engine, created_tables.ledger) == [other]
    key = {name: {"S": record[name]} for name in ("user_id", "sequence")}
    engine.delete_item(TableName=created_tables.ledger, Key=key)
    assert guard(batch(record)) == []


class Death(BaseException):
    """The end of a process: nothing in the code can catch it."""


@pytest.mark.parametrize("event", ["before-call", "after-call"])
@pytest.mark.parametrize("operation", ["BatchGetItem", "PutItem"])
def test_a_guard_that_dies_is_called_again_and_delivers_all_once(
    engine, execute, created_tables, event, operation
):
    records = [written(request("create", f"u-{n}", change_id=f"c-{n}", attributes={})) for n in range(3)]
    deaths = [Death(), Death()]

    def die(**_kwargs) -> None:
        if deaths:
            raise deaths.pop()

    engine.meta.events.register(f"{event}.dynamodb.{operation}", die)
    try:
        for _ in range(2):
            with pytest.raises(Death):
                guard(batch(*records))
        assert guard(batch(*records)) == []
    finally:
        engine.meta.events.unregister(f"{event}.dynamodb.{operation}", die)
    assert len(items_of(engine, created_tables.ledger)) == len(records)


def test_the_guard_waits_until_the_youngest_change_is_as_old_as_the_grace(execute, monkeypatch):
    slept: list[float] = []
    grace(monkeypatch, "5")
    monkeypatch.setattr(service.time, "sleep", slept.append)
    monkeypatch.setattr(service.time, "time", lambda: 1000.0)
    record = written(REQUEST)
    for created in (990.0, 998.0, 1001.0):
        assert guard(batch(record, created=created)) == []
    assert slept == [0.0, 3.0, 5.0]


def test_the_grace_is_the_stage_s_and_nothing_else(execute, monkeypatch):
    record = written(REQUEST)
    grace(monkeypatch, "")
    with pytest.raises(ValueError, match="float"):
        guard(batch(record))
    grace(monkeypatch, "0")
    assert guard(batch(record)) == []


def test_a_batch_on_an_unread_ledger_comes_again_as_a_whole(engine, execute):
    record = written(REQUEST)

    def refuse(**_kwargs) -> None:
        raise TimeoutError

    engine.meta.events.register("before-call.dynamodb.BatchGetItem", refuse)
    try:
        with pytest.raises(TimeoutError):
            guard(batch(record, created=time.time()))
    finally:
        engine.meta.events.unregister("before-call.dynamodb.BatchGetItem", refuse)
    assert guard(batch(record)) == []
