"""``python -m bench``: all benches, one table; ``--only cold`` runs those whose names hold a text."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import bulk, cold, cost, growth, sizes, units, verify, warm
from bench.result import Result

BENCHES: dict[str, Callable[[], Iterator[Result]]] = {
    "cold": cold.results,
    "units": units.results,
    "cost": cost.results,
    "sizes": sizes.results,
    "verify": verify.results,
    "warm": warm.results,
    "growth": growth.results,
    "bulk": bulk.results,
}
FILE = Path(__file__).with_name("results.json")


def main() -> int:
    """Run benches; return 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", help="benches whose names hold this text")
    only = parser.parse_args().only
    chosen = {name: bench for name, bench in BENCHES.items() if only in name}
    if not chosen:
        parser.error(f"no bench holds {only!r}; there are {', '.join(BENCHES)}")
    found: list[Result] = []
    for name, bench in chosen.items():
        began = time.monotonic()
        found += bench()
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(_table(found))
    if not only:
        rows = [{**asdict(result), "met": result.met} for result in found]
        FILE.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if any(result.met is False for result in found) else 0


def _table(found: list[Result]) -> Table:
    table = Table("bench", "measured against", "found", "spread", "goal", "")
    for result in found:
        spread = "–" if result.spread is None else f"{result.spread[0]:.2f} … {result.spread[1]:.2f}"
        sign = "≤" if result.bound == "at_most" else "≥"
        goal = "–" if result.goal is None else f"{sign} {_number(result.goal, result.unit)}"
        met = "" if result.met is None else "met" if result.met else "[red]missed[/red]"
        table.add_row(result.bench, result.against, _number(result.value, result.unit), spread, goal, met)
    return table


def _number(value: float, unit: str) -> str:
    text = f"{value:g}" if unit == "" else f"{value:.2f}"
    return f"${text}" if unit == "$" else f"{text} {unit}".strip()


if __name__ == "__main__":
    sys.exit(main())
