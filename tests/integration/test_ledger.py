"""The ledger in ``registrar.adapters.store`` on both engines."""

import secrets
from dataclasses import replace
from typing import Any

import pytest

from registrar.domain.errors import ChangeRejected, LedgerMismatch, Problem
from registrar.domain.record import Record
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import identify
from tests.integration.sample_requests import NOW, decided, request
from tests.integration.tables import items_of

PROBLEM = Problem("user_not_found", "/user_id", "no live user has this user_id; create it first")


def rejection() -> Record:
    identified = identify(request("delete", change_id="c-1"), "c-1")
    return seal_rejection(identified, ChangeRejected([PROBLEM]), NOW, secrets.token_hex(16))


@pytest.fixture
def record() -> Record:
    return decided(None, "c-1", "create", attributes={"email": "a@b.c", "tags": {"k": "v"}}).record


@pytest.fixture
def delivered(engine, created_tables) -> Any:
    """Return a function that reads the whole Ledger table."""
    return lambda: items_of(engine, created_tables.ledger)


def test_a_record_is_delivered_to_the_letter(store, delivered, record):
    store.deliver(record)
    assert delivered() == [record.as_json()]
    assert record.key == ("u-1", "v#000000000001")


def test_a_record_that_is_there_already_is_delivered(store, delivered, record):
    for _ in range(3):
        store.deliver(record)
    assert delivered() == [record.as_json()]


@pytest.mark.parametrize("field", ["hash", "changes", "reason", "recorded_at", "more"])
def test_a_record_that_differs_in_any_field_is_a_mismatch_and_stays(store, delivered, record, field):
    store.deliver(record)
    other = {"changes": {}, "more": {"region": "eu-west-1"}}.get(field, "other")
    with pytest.raises(LedgerMismatch):
        store.deliver(replace(record, **{field: other}))
    assert delivered() == [record.as_json()]


def test_a_field_that_a_later_release_has_added_is_delivered_too(store, delivered, record):
    later = replace(record, more={"region": "eu-west-1", "nested": {"list": [1, None, True]}})
    for _ in range(2):
        store.deliver(later)
    assert delivered() == [later.as_json()]


def test_adding_returns_what_was_there(store, record):
    assert store.append(record) is None
    assert store.append(replace(record, hash="other")) == record


def test_hashes_are_those_of_the_places_that_have_a_record(store, record):
    store.append(record)
    assert store.hashes([("u-1", "v#000000000002"), record.key, record.key, ("u-2", "v#000000000001")]) == {
        record.key: record.hash
    }
    assert store.hashes([]) == {}


def test_a_rejection_is_written_with_its_receipt(engine, store, delivered, created_tables):
    sealed = rejection()
    assert store.reject(sealed) is None
    assert delivered() == [sealed.as_json()]
    assert items_of(engine, created_tables.users) == [{"pk": "CHANGE#c-1", **sealed.as_json()}]
    assert (sealed.sequence, sealed.outcome) == ("r#c-1", "REJECTED")


def test_a_rejection_of_a_decided_change_returns_its_receipt_and_writes_nothing(store, delivered):
    created = decided(None, "c-1", "create", attributes={"email": "a@b.c"})
    store.commit(created)
    assert store.reject(rejection()) == created.record
    assert delivered() == []


def test_a_rejection_whose_place_in_the_ledger_is_taken_is_a_mismatch(
    engine, store, delivered, created_tables
):
    there = rejection()
    store.deliver(there)
    with pytest.raises(LedgerMismatch):
        store.reject(rejection())
    assert items_of(engine, created_tables.users) == []
    assert delivered() == [there.as_json()]


def test_the_second_of_two_rejections_gets_the_first(store):
    first = rejection()
    store.reject(first)
    assert store.reject(rejection()) == first


def test_the_second_of_two_receipts_of_a_rejection_gets_the_first(engine, store, delivered, created_tables):
    first = rejection()
    assert store.put_receipt(first) is None
    assert store.put_receipt(rejection()) == first
    assert items_of(engine, created_tables.users) == [{"pk": "CHANGE#c-1", **first.as_json()}]
    assert delivered() == []
