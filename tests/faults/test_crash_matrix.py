"""Every AWS call of every kind of change, and the end of the process right before and right after it.

The matrix is made from a recording, so that a new call is covered the day it is written. The state machine's
own retries run; what FAILED all the same is first left to the guard, and then started again.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from local.deploy import Outputs
from registrar.adapters.counters import Counters
from registrar_client.check.tables import plain
from tests.faults.runs import Runs
from tests.faults.runtime import Fault
from tests.scenarios import KINDS

ALWAYS = 1000
RETRIES = 6


def deaths_of(calls: list[tuple[str, int, str]]) -> Iterator[Fault]:
    """Yield every death: before and after each call, once, twice and for good; and once before any call."""
    for step, call, _ in dict.fromkeys(calls):
        if call:
            for side, times in product(("before", "after"), (1, 2, ALWAYS)):
                yield Fault(step, call, side, times=times)
        else:
            yield Fault(step, call, "before")


@pytest.mark.timeout(400)
def test_a_process_that_ends_anywhere_loses_doubles_and_hides_nothing(runs: Runs, capsys):
    recorded = dict(zip(KINDS, runs.all([(kind, None) for kind in KINDS]), strict=True))
    matrix = [(kind, fault) for kind in KINDS for fault in deaths_of(recorded[kind].calls)]
    done = runs.all(matrix)
    for (kind, fault), run in zip(matrix, done, strict=True):
        assert run.violations == [], (kind, fault)
        assert run.answer == recorded[kind].answer, (kind, fault)
        assert run.faults > 0, (kind, fault)
        # What is behind a commit is met once: the retry finds the receipt and goes another way.
        assert run.failed == (run.faults > RETRIES), (kind, fault)
    failed, deaths = sum(run.failed for run in done), sum(run.faults for run in done)
    assert failed > 0
    with capsys.disabled():
        print(f"\ncrash matrix: {len(done)} runs, {deaths} deaths, {failed} executions FAILED, 0 violations")


def test_after_all_that_the_counters_equal_a_recount(
    runs: Runs, deployed: Outputs, projected: Callable[[], None]
):
    projected()
    dynamodb = deployed.client("dynamodb")
    pages = dynamodb.get_paginator("scan").paginate(TableName=deployed.LedgerTableName, ConsistentRead=True)
    records = [plain(item) for page in pages for item in page["Items"]]
    users = [
        plain(item)
        for page in dynamodb.get_paginator("scan").paginate(TableName=deployed.UsersTableName)
        for item in page["Items"]
        if item["pk"]["S"].startswith("USER#")
    ]
    days = Counter((r["recorded_at"][:10], f"{r.get('action', 'unknown')} {r['outcome']}") for r in records)
    live = Counter(user["status"] for user in users if user["status"] != "deleted")
    counters = Counters(dynamodb, deployed.CountersTableName)

    def counted() -> bool:
        totals = counters.totals("2000-01-01", "2999-12-31")
        status = Counter({name: number for name, number in totals.pop("users", {}).items() if number})
        by_day = {
            (row.partition("#")[2], name): n for row, names in totals.items() for name, n in names.items()
        }
        return (status, by_day) == (live, dict(days))

    runs.until(counted)
