"""Pages of a user's trail on both engines, against the trail sorted by hand."""

import random

import pytest

from registrar.adapters.dynamodb import item_of
from registrar.adapters.trail import Position, page_of
from registrar.domain.record import applied_sequence
from tests.integration.tables import put_all


def record(user_id: str, sequence: str, second: int, version: int | None) -> dict:
    outcome = "APPLIED" if sequence.startswith("v") else "REJECTED"
    moment = f"2030-01-31T12:{second // 60:02d}:{second % 60:02d}.000000Z"
    plain = {"user_id": user_id, "sequence": sequence, "outcome": outcome, "recorded_at": moment}
    return plain if version is None else {**plain, "version": version}


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("seed", range(3))
def test_pages_hold_every_record_once_applied_by_version_and_rejected_by_time(
    engine, created_tables, ledger, limit, seed
):
    rng = random.Random(seed)
    # The clocks of functions differ a little: a later version may have an earlier time.
    applied = [
        record("u-1", applied_sequence(version), version * 3 + rng.randrange(5), version)
        for version in range(1, rng.randrange(2, 25))
    ]
    rejected = [record("u-1", f"r#{rng.random()}", rng.randrange(80), None) for _ in range(rng.randrange(12))]
    others = [record("u-2", applied_sequence(1), 1, 1)]
    put_all(engine, created_tables.ledger, map(item_of, [*applied, *rejected, *others]))
    found, after = [], Position()
    while after is not None:
        page, after = page_of(ledger, "u-1", after, limit)
        assert len(page) <= limit
        found += page
    assert [each for each in found if each["outcome"] == "APPLIED"] == applied
    in_time = sorted(rejected, key=lambda each: (each["recorded_at"], each["sequence"]))
    assert [each for each in found if each["outcome"] == "REJECTED"] == in_time
    for place, each in enumerate(found):
        if each["outcome"] == "REJECTED":
            before = [other for other in found[:place] if other["outcome"] == "APPLIED"]
            assert all(other["recorded_at"] <= each["recorded_at"] for other in before[-1:])


def test_a_page_costs_two_queries(engine, created_tables, ledger, requests_sent):
    trail = [record("u-1", applied_sequence(version), version, version) for version in range(1, 60)]
    put_all(engine, created_tables.ledger, map(item_of, trail))
    requests_sent.clear()
    page, after = page_of(ledger, "u-1", Position(10), 20)
    assert page == trail[10:30]
    assert after == Position(30)
    assert requests_sent == ["Query", "Query"]


def test_nobody_s_trail_is_empty(ledger):
    assert page_of(ledger, "u-1", Position(), 10) == ([], None)
