"""Pages of a user's trail on both engines, against the trail sorted by hand."""

import random
from typing import Any

import pytest

from registrar.adapters.dynamodb import item_of
from registrar.adapters.trail import Trail, TrailPosition
from registrar.domain.change import Outcome
from registrar.domain.record import GENESIS, Record, applied_sequence
from tests.integration.tables import put_all


def record(user_id: str, sequence: str, second: int, version: int | None) -> Record:
    outcome = Outcome.APPLIED if sequence.startswith("v") else Outcome.REJECTED
    moment = f"2030-01-31T12:{second // 60:02d}:{second % 60:02d}.000000Z"
    return Record(user_id, sequence, f"c-{sequence}", outcome, None, moment, GENESIS, version=version).seal(
        "0" * 32
    )


@pytest.fixture
def trail(engine, created_tables) -> Trail:
    return Trail(engine, created_tables.ledger)


def put_records(engine: Any, table: str, records: list[Record]) -> None:
    put_all(engine, table, (item_of(each.as_json()) for each in records))


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("seed", range(3))
def test_pages_hold_every_record_once_applied_by_version_and_rejected_by_time(
    engine, created_tables, trail, limit, seed
):
    rng = random.Random(seed)
    # The clocks of functions differ a little: a later version may have an earlier time.
    applied = [
        record("u-1", applied_sequence(version), version * 3 + rng.randrange(5), version)
        for version in range(1, rng.randrange(2, 25))
    ]
    rejected = [record("u-1", f"r#{rng.random()}", rng.randrange(80), None) for _ in range(rng.randrange(12))]
    others = [record("u-2", applied_sequence(1), 1, 1)]
    put_records(engine, created_tables.ledger, [*applied, *rejected, *others])
    found, after = [], TrailPosition()
    while after is not None:
        page, after = trail.page("u-1", after, limit)
        assert len(page) <= limit
        found += map(Record.from_json, page)
    assert [each for each in found if each.applied] == applied
    in_time = sorted(rejected, key=lambda each: (each.recorded_at, each.sequence))
    assert [each for each in found if not each.applied] == in_time
    for place, each in enumerate(found):
        if not each.applied:
            before = [other for other in found[:place] if other.applied]
            assert all(other.recorded_at <= each.recorded_at for other in before[-1:])


def test_a_page_costs_two_queries(engine, created_tables, trail, requests_sent):
    records = [record("u-1", applied_sequence(version), version, version) for version in range(1, 60)]
    put_records(engine, created_tables.ledger, records)
    requests_sent.clear()
    page, after = trail.page("u-1", TrailPosition(10), 20)
    assert page == [each.as_json() for each in records[10:30]]
    assert after == TrailPosition(30)
    assert requests_sent == ["Query", "Query"]


def test_nobody_s_trail_is_empty(trail):
    assert trail.page("u-1", TrailPosition(), 10) == ([], None)


def test_applied_records_are_those_between_two_versions_and_no_more_than_the_limit(
    engine, created_tables, trail
):
    records = [record("u-1", applied_sequence(version), version, version) for version in range(1, 30)]
    put_records(engine, created_tables.ledger, [*records, record("u-1", "r#c-1", 3, 2)])
    assert trail.applied("u-1", 3, 12, 100) == records[2:12]
    assert trail.applied("u-1", 3, 12, 4) == records[2:6]
    assert trail.applied("u-2", 1, 12, 4) == []


ALTERED = {
    "a field is of another type": {"reason": None},
    "a field is more": {"later": "x"},
    "the version is gone": {"version": ...},
    "the hash is gone": {"hash": ...},
}


@pytest.mark.parametrize("alteration", ALTERED.values(), ids=ALTERED)
@pytest.mark.parametrize("limit", [1, 10])
def test_pages_hold_altered_records_as_they_stand(engine, created_tables, trail, limit, alteration):
    items = [record("u-1", applied_sequence(version), version, version).as_json() for version in (1, 2, 3)]
    items.append(record("u-1", "r#c-1", 9, 1).as_json())
    for place in (1, 3):
        altered = {**items[place], **alteration}
        items[place] = {name: value for name, value in altered.items() if value is not ...}
    put_all(engine, created_tables.ledger, map(item_of, items))
    found, after = [], TrailPosition()
    while after is not None and len(found) < 10:
        page, after = trail.page("u-1", after, limit)
        found += page
    assert found == items


def test_applied_records_end_before_an_item_that_is_no_record(engine, created_tables, trail):
    records = [record("u-1", applied_sequence(version), version, version) for version in range(1, 5)]
    put_records(engine, created_tables.ledger, records)
    put_all(engine, created_tables.ledger, [item_of({**records[2].as_json(), "reason": None})])
    assert trail.applied("u-1", 1, 4, 100) == records[:2]


@pytest.mark.parametrize("limit", [1, 2])
def test_an_item_under_a_key_of_no_version_stops_no_page(engine, created_tables, trail, limit):
    first, second = (record("u-1", applied_sequence(version), version, version) for version in (9, 10))
    by_hand = {**first.as_json(), "sequence": "v#00000000000a"}
    put_records(engine, created_tables.ledger, [first, second])
    put_all(engine, created_tables.ledger, [item_of(by_hand)])
    found, after = [], TrailPosition()
    while after is not None:
        page, after = trail.page("u-1", after, limit)
        found += [each["version"] for each in page]
    assert found == [9, 10]
