"""What a million changes cost on AWS, from exact units and a dated list of prices: ``python -m bench.cost``.

Beside it, by the same model, what the usual sample design costs: five states, the ``lambda:invoke`` wrapper,
a function of 128 MB that waits, an item for the user and one for the audit log, no transaction.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

from bench import units
from bench.result import Result
from registrar.domain.limits import CHUNK_ROWS
from registrar.imports.adapters.prices import prices
from registrar.imports.domain.cost import GETS_OF_A_CHUNK, PUTS_OF_A_CHUNK

MEMORY_GB: Final = 0.5
IMPORT_GB: Final = 2.0
MILLION: Final = 1_000_000

# Milliseconds of a warm call on Lambda; a local engine is no measure of DynamoDB's own. A call to DynamoDB
# takes about 4 ms, a transaction 10; the code between one or two, as `warm` measures it.
MILLISECONDS: Final[Mapping[str, float]] = {"validate": 2, "write": 13, "audit": 6}
READ_MILLISECONDS: Final = 5

# Of an import, per chunk of 500 rows with 32 in flight; what is computed for a row is measured by `bulk`.
CHUNK_MILLISECONDS: Final[Mapping[str, float]] = {"write": 700, "audit": 250}
PLAN_MILLISECONDS: Final = 0.25
"""For a row, of what reads, plans and merges a file."""

LOG_BYTES: Final = 900
"""Of a change: Lambda's report and one line of each function."""


@dataclass(frozen=True)
class Cost:
    """Dollars for a million changes, by service."""

    name: str
    step_functions: float
    functions: float
    dynamodb: float
    rest: float

    @property
    def total(self) -> float:
        """The sum."""
        return self.step_functions + self.functions + self.dynamodb + self.rest


def costs(taken: Mapping[str, units.Units], kind: str = "create") -> list[Cost]:
    """Return the costs of changes of a kind: STANDARD, EXPRESS, bulk, and the usual sample."""
    price = prices()
    used = taken[kind]
    tables = MILLION * (used.write_units * price["write_unit"] + used.read_units * price["read_unit"])
    milliseconds = sum(MILLISECONDS.values()) + (READ_MILLISECONDS if used.read_units else 0)
    seconds = milliseconds / 1000
    functions = MILLION * (
        len(MILLISECONDS) * price["lambda_request"] + seconds * MEMORY_GB * price["lambda_gb_second"]
    )
    logs = MILLION * LOG_BYTES / 1024**3 * price["log_gb"]
    # Billed by the 100 ms and the 64 MB.
    express = MILLION * (price["express_request"] + 0.1 * 64 / 1024 * price["express_gb_second"])
    return [
        Cost(
            "STANDARD", MILLION * units.transitions() * price["standard_transition"], functions, tables, logs
        ),
        Cost("EXPRESS", express, functions, tables, logs),
        # The receipts of a chunk are read before it is written.
        _bulk(tables + MILLION * price["read_unit"]),
        _sample(),
    ]


def _bulk(tables: float) -> Cost:
    price = prices()
    chunks = MILLION / CHUNK_ROWS
    chunk_seconds = sum(CHUNK_MILLISECONDS.values()) / 1000
    seconds = chunks * chunk_seconds + MILLION * PLAN_MILLISECONDS / 1000
    # 64 MB for as long as its functions take, in steps of 100 ms.
    express = chunks * (price["express_request"] + 1.0 * 64 / 1024 * price["express_gb_second"])
    functions = 2 * chunks * price["lambda_request"] + seconds * IMPORT_GB * price["lambda_gb_second"]
    objects = chunks * (PUTS_OF_A_CHUNK * price["s3_put"] + GETS_OF_A_CHUNK * price["s3_get"])
    return Cost("bulk row", express, functions, tables, objects)


def _sample() -> Cost:
    price = prices()
    functions = MILLION * 3 * (price["lambda_request"] + 0.05 * 0.125 * price["lambda_gb_second"])
    # Validate, choice, write, audit, succeed; one plain put each for user and log, whose items are as large.
    return Cost(
        "the usual sample design",
        MILLION * 5 * price["standard_transition"],
        functions,
        MILLION * 2 * price["write_unit"],
        MILLION * 3 * LOG_BYTES / 1024**3 * price["log_gb"],
    )


GOALS: Final = {"STANDARD": 86.0, "EXPRESS": 11.0, "bulk row": 8.0}


def results() -> Iterator[Result]:
    """Hold the costs against their goals."""
    found = {cost.name: cost for cost in costs(units.measured())}
    for name, goal in GOALS.items():
        yield Result(f"a million creates, {name}", "dated prices", found[name].total, goal, unit="$")
    share = found["bulk row"].total / found["EXPRESS"].total
    yield Result("a bulk row", "an EXPRESS change", share, 0.80)


def table(found: list[Cost]) -> Table:
    """Return the costs with the share of each service."""
    shown = Table("a million creates", "Step Functions", "Lambda", "DynamoDB", "logs, objects", "total")
    for cost in found:
        parts = (cost.step_functions, cost.functions, cost.dynamodb, cost.rest)
        shown.add_row(
            cost.name, *(f"${part:,.2f} ({part / cost.total:.0%})" for part in parts), f"${cost.total:,.2f}"
        )
    return shown


if __name__ == "__main__":
    price = prices()
    Console().print(table(costs(units.measured())))
    Console().print(f"prices of {price['region']}, {price['date']}")
