"""The counters on both engines: what was counted is refused, as a whole, whoever counts it again."""

from dataclasses import replace
from typing import Any

import pytest

from registrar.adapters.counters import Counters
from registrar.domain.change import Outcome
from registrar.domain.errors import TransientFault
from registrar.domain.record import GENESIS, Record
from tests.integration.tables import created_table

DAY = "2030-01-31"


def record(sequence: str, version: int | None = None, user_id: str = "u-1") -> Record:
    outcome = Outcome.REJECTED if version is None else Outcome.APPLIED
    moment = f"{DAY}T12:00:00.000000Z"
    return Record(user_id, sequence, "c-1", outcome, None, moment, GENESIS, action="update", version=version)


FIRST, SECOND, THIRD = (record(f"v#{version}", version) for version in (1, 2, 3))
REJECTED = record("r#c-1")
OTHER = record("v#1", 1, "u-2")


@pytest.fixture
def counters(engine) -> Any:
    with created_table(engine, "counters") as table:
        yield Counters(engine, table)


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ([FIRST], FIRST),
        ([FIRST, SECOND], SECOND),
        ([FIRST, SECOND], FIRST),
        ([REJECTED], REJECTED),
        ([FIRST], THIRD),
    ],
    ids=["the first", "a later one", "an earlier one", "a rejected one", "one too far"],
)
def test_what_was_counted_or_is_not_due_is_refused_with_all_that_comes_with_it(counters, before, again):
    for each in before:
        counters.count([each])
    counted = counters.totals(DAY, DAY)
    with pytest.raises(TransientFault):
        counters.count([again, OTHER])
    assert counters.totals(DAY, DAY) == counted
    counters.count([OTHER])
    assert sum(counters.totals(DAY, DAY)[f"day#{DAY}"].values()) == len(before) + 1


def test_the_progress_is_what_was_counted(counters):
    counters.count([FIRST, REJECTED, SECOND])
    progress = counters.progress([THIRD, REJECTED, record("r#c-2"), OTHER])
    assert (progress["u-1"].version, progress["u-1"].rejected) == (2, {"r#c-1"})
    assert (progress["u-2"].version, progress["u-2"].rejected) == (0, set())


def test_totals_are_of_the_days_that_are_asked_for(counters):
    for day in ("2030-01-30", "2030-01-31", "2030-02-01"):
        counters.count([replace(record(f"r#{day}"), recorded_at=f"{day}T00:00:00.000000Z")])
    assert set(counters.totals("2030-01-31", "2030-02-01")) == {"day#2030-01-31", "day#2030-02-01"}
