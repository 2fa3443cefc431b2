"""A change in a small table and in a large one: the work must not grow with the users there are."""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any, Final

from bench.engine import steps_on_an_engine, use
from bench.result import Result, of_rounds
from bench.units import change
from registrar.adapters.items import user_item
from registrar.domain.user import User
from tests.integration import machine, tables

SIZES: Final = (100, 10_000, int(os.environ.get("GROWTH_LARGE", "100000")))
"""A million, ``GROWTH_LARGE=1000000``, takes some minutes to fill in."""

CHANGES: Final = 30
ROUNDS: Final = 9


def results() -> Iterator[Result]:
    """Measure creates and updates, in turn in tables of each size."""
    with steps_on_an_engine() as (client, _), ExitStack() as all_tables:
        filled = {}
        for size in SIZES:
            made = all_tables.enter_context(tables.created(client))
            tables.put_all(client, made.users, (_user(number) for number in range(size)))
            filled[size] = made
        numbers = count()

        def seconds(made: Any) -> float:
            use(client, made)
            began = time.perf_counter()
            for number in (next(numbers) for _ in range(CHANGES)):
                machine.execute(change("create", number))
                machine.execute(change("update", number))
            return time.perf_counter() - began

        for made in filled.values():
            seconds(made)
        rounds = [{size: seconds(made) for size, made in filled.items()} for _ in range(ROUNDS)]
    floor = statistics.median(each[SIZES[0]] for each in rounds)
    for size in SIZES[1:]:
        value = statistics.median(each[size] for each in rounds) / floor
        _, spread = of_rounds([each[size] / each[SIZES[0]] for each in rounds])
        yield Result(f"a change with {size:,} users", f"with {SIZES[0]}", value, 1.10, spread=spread)


def _user(number: int) -> dict[str, Any]:
    moment = "2030-01-31T12:00:00.000000Z"
    attributes = {"status": "active", "display_name": f"User {number}"}
    rest: dict[str, Any] = {"attributes": attributes, "created_at": moment, "updated_at": moment}
    return user_item(User(f"u-{number}", 1, "0" * 64, deleted=False, **rest))
