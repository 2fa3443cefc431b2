"""What a person sees of a check: progress while it runs, then the violations."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from registrar_client.check.checker import Checker
from registrar_client.check.violation import Violation

SHOWN_MAX: Final = 200
"""So many violations are shown to a person; the sum counts them all, and --json lists them all."""


def follow(checker: Checker, violations: Iterable[Violation]) -> Iterator[Violation]:
    """Pass the violations on, with the progress on stderr when that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from violations
        return
    spinner = Spinner("dots")

    def running() -> Spinner:
        spinner.update(text=f"checking: {counted(checker)}")
        return spinner

    with Live(get_renderable=running, console=console, transient=True):
        yield from violations


def table_of(violations: Iterable[Violation], checker: Checker, console: Console) -> int:
    """Print the violations as a table and the sum in one line; return how many there are."""
    table = Table(title="Violations")
    for name in ("violation", "where", "expected", "found"):
        table.add_column(name, overflow="fold")  # An id that is cut is none.
    found = 0
    for found, violation in enumerate(violations, start=1):
        if found <= SHOWN_MAX:
            sides = (_short(violation.expected), _short(violation.found))
            table.add_row(*map(Text, (violation.code, violation.key, *sides)))
    if found:
        console.print(table)
    if found > SHOWN_MAX:
        console.print(f"… and {found - SHOWN_MAX:,} more; --json lists them all.")
    verdict = "no violation" if not found else "1 violation" if found == 1 else f"{found:,} violations"
    console.print(f"checked {counted(checker)}: {verdict}", soft_wrap=True)
    return found


def counted(checker: Checker) -> str:
    """Return how much has been read, for people."""
    return ", ".join(f"{checker.counts[kind]:,} {kind}" for kind in ("users", "names", "receipts", "records"))


def _short(value: Any, width: int = 160) -> str:  # noqa: ANN401 - any JSON value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else text[: width - 1] + "…"
