"""``registrar.adapters.ledger`` on both engines."""

import secrets
from typing import Any

import pytest

from registrar.adapters.ledger import record_rejection
from registrar.domain.errors import ChangeRejected, LedgerMismatch, Problem
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import identify
from tests.integration.sample_requests import NOW, decided, request
from tests.integration.tables import items_of

PROBLEM = Problem("user_not_found", "/user_id", "no live user has this user_id; create it first")


def rejection() -> dict[str, Any]:
    identified = identify(request("delete", change_id="c-1"), "c-1")
    return seal_rejection(identified, ChangeRejected([PROBLEM]), NOW, secrets.token_hex(16))


@pytest.fixture
def record() -> dict[str, Any]:
    return decided(None, "c-1", "create", attributes={"email": "a@b.c", "tags": {"k": "v"}}).record


def test_a_record_is_delivered_to_the_letter(ledger, engine, created_tables, record):
    ledger.deliver(record)
    assert items_of(engine, created_tables.ledger) == [record]
    assert (record["user_id"], record["sequence"]) == ("u-1", "v#000000000001")


def test_a_record_that_is_there_already_is_delivered(ledger, engine, created_tables, record):
    for _ in range(3):
        ledger.deliver(record)
    assert items_of(engine, created_tables.ledger) == [record]


@pytest.mark.parametrize("field", ["hash", "changes", "reason", "recorded_at"])
def test_a_record_that_differs_in_any_field_is_a_mismatch_and_stays(
    ledger, engine, created_tables, record, field
):
    ledger.deliver(record)
    other = {**record, field: {} if field == "changes" else "other"}
    with pytest.raises(LedgerMismatch):
        ledger.deliver(other)
    assert items_of(engine, created_tables.ledger) == [record]


def test_adding_returns_what_was_there(ledger, record):
    assert ledger.add(record) is None
    assert ledger.add({**record, "hash": "other"}) == record


def test_a_rejection_is_written_with_its_receipt(engine, users, ledger, created_tables):
    sealed = rejection()
    assert record_rejection(engine, users, ledger, sealed) is None
    assert items_of(engine, created_tables.ledger) == [sealed]
    assert items_of(engine, created_tables.users) == [{"pk": "CHANGE#c-1", **sealed}]
    assert (sealed["sequence"], sealed["outcome"]) == ("r#c-1", "REJECTED")


def test_a_rejection_of_a_decided_change_returns_its_receipt_and_writes_nothing(
    engine, users, ledger, created_tables
):
    created = decided(None, "c-1", "create", attributes={"email": "a@b.c"})
    users.commit(created)
    assert record_rejection(engine, users, ledger, rejection()) == created.record
    assert items_of(engine, created_tables.ledger) == []


def test_a_rejection_whose_place_in_the_ledger_is_taken_is_a_mismatch(engine, users, ledger, created_tables):
    there = rejection()
    ledger.deliver(there)
    with pytest.raises(LedgerMismatch):
        record_rejection(engine, users, ledger, rejection())
    assert items_of(engine, created_tables.users) == []
    assert items_of(engine, created_tables.ledger) == [there]


def test_the_second_of_two_rejections_gets_the_first(engine, users, ledger):
    first = rejection()
    record_rejection(engine, users, ledger, first)
    assert record_rejection(engine, users, ledger, rejection()) == first
