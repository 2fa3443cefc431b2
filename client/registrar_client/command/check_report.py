"""How a check is shown to people: its progress, then the violations."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from registrar_client.check.checker import Checker, Phase
from registrar_client.check.violation import Violation
from registrar_client.command.layout import as_text

SHOWN_MAX: Final = 200
"""How many violations are shown to people; --json lists them all."""


def followed(checker: Checker, violations: Iterable[Violation]) -> Iterator[Violation]:
    """Yield the violations, showing the progress on stderr when that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from violations
        return
    progress = CheckProgress(checker)
    spinner = Spinner("dots")

    def running() -> Spinner:
        spinner.update(text=progress.text(time.monotonic()))
        return spinner

    with Live(get_renderable=running, console=console, transient=True):
        yield from violations


class CheckProgress:
    """The progress of a check, and an estimate of the time left in its phase."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._estimate = checker.item_count()
        self._phase: Phase | None = None
        self._began = 0.0

    def text(self, now: float) -> str:
        """Return the line to show at a time of the monotonic clock, in seconds."""
        checker = self._checker
        if checker.phase is not self._phase:
            self._phase, self._began = checker.phase, now
        if checker.phase is Phase.WAITING:
            return f"checking {checker.suspects:,} again that may be in progress: {counted(checker)}"
        if checker.phase is Phase.READING:
            # DynamoDB's own count is hours old: good enough for an estimate.
            return f"checking{self._share(self._estimate, now)}: {counted(checker)}"
        total = checker.counts.total()
        return f"locating differences{self._share(total, now)}: {checker.read:,} items of {total:,}"

    def _share(self, total: int | None, now: float) -> str:
        read, seconds = self._checker.read, now - self._began
        if total is None or not 0 < read <= total:
            return ""
        left = duration(seconds * (total - read) / read)
        return f" ({100 * read // total} %, about {left} left)"


def duration(seconds: float) -> str:
    """Return a time for people: ``42 s``, ``3 min``, ``1 h 05 min``."""
    if seconds < 90:  # noqa: PLR2004 - up to here seconds are readable
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def show_violations(violations: Iterable[Violation], checker: Checker, console: Console) -> int:
    """Print the violations as a table and their number in one line; return the number."""
    table = Table(title="Violations")
    for name in ("violation", "where", "expected", "found"):
        table.add_column(name, overflow="fold")  # An id must not be cut.
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
    """Return how many items have been read, for people."""
    return ", ".join(f"{checker.counts[kind]:,} {kind}" for kind in ("users", "names", "receipts", "records"))


def _short(value: Any, width: int = 160) -> str:  # noqa: ANN401 - any JSON value
    text = as_text(value)
    return text if len(text) <= width else text[: width - 1] + "…"
