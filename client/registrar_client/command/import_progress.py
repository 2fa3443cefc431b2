"""The progress of an import for people: a bar on stderr until it has ended."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from registrar_client.client import RegistrarClient
from registrar_client.command.exit_codes import ExitCode
from registrar_client.command.layout import Terminal
from registrar_client.models import Import

NARROW: Final = 90
"""Columns of a terminal below which no bar is shown, so that the numbers are not cut."""

ROOMY: Final = 110
"""Columns from which the bar takes what is left."""


@dataclass
class Pace:
    """How many rows are processed a second, measured from the first ones that were seen.

    Attributes:
        clock: returns seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _first: tuple[float, int] | None = field(default=None, init=False)

    def seen(self, status: Import) -> float | None:
        """Return the rows a second so far, None while that is not known."""
        if not status.done:
            return None
        if self._first is None:
            self._first = (self.clock(), status.done)
            return None
        began, done = self._first
        seconds = self.clock() - began
        return (status.done - done) / seconds if seconds > 0 and status.done > done else None


def described(status: Import, rate: float | None, *, narrow: bool = False) -> tuple[str, str]:
    """Return what a running import does, and its numbers; without the rate when narrow."""
    if status.rows is None:
        return "reading the file", ""
    if not status.done:
        return f"importing {status.rows:,} rows", ""
    numbers = f"{status.done:,}/{status.rows:,}"
    if status.not_applied:
        numbers += f", {status.not_applied:,} not applied"
    if rate:
        left = (status.rows - status.done) / rate
        numbers += ("" if narrow else f", {rate:,.0f} rows/s") + f", {left:,.0f} s left"
    return "importing", numbers


def follow(client: RegistrarClient, import_id: str) -> Import:
    """Show the progress of an import until it has ended; return its result."""
    target = Terminal(stderr=True)
    narrow = target.width < NARROW
    bars = () if narrow else (BarColumn(bar_width=None if target.width >= ROOMY else 10), TimeElapsedColumn())
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[numbers]}"), *bars)
    with (
        resumable(import_id, "goes on"),
        Progress(*columns, console=target, transient=True, disable=not target.is_terminal) as bar,
    ):
        task, pace = bar.add_task("reading the file", total=None, numbers=""), Pace()
        for status in client.follow_import(import_id):
            what, numbers = described(status, pace.seen(status), narrow=narrow)
            # Before the first row is processed the bar pulses: at 0 it would look stuck.
            total = status.rows if status.done else None
            bar.update(task, description=what, total=total, completed=status.done, numbers=numbers)
    return status


@contextmanager
def resumable(import_id: str, state: str) -> Iterator[None]:
    """On Ctrl-C say what the import does and how to follow it, and exit."""
    try:
        yield
    except KeyboardInterrupt:
        follow = f"registrar imports show {import_id} --wait"
        print(f"\nthe import {state}; to follow it: {follow}", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
