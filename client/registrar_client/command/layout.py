"""How the command prints: JSON for programs, and for people tables in which nothing is cut."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE: Final = 200
"""Characters of a line that is not printed to a terminal."""


class Terminal(Console):
    """A console that leaves a broken pipe to the command."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise it again."""
        raise BrokenPipeError


def console(needed: int = WIDE) -> Console:
    """Make a console for stdout; where that is no terminal, a line is as long as it needs to be."""
    made = Terminal(highlight=False)
    return made if made.is_terminal else Terminal(highlight=False, width=max(needed, WIDE))


def print_json(value: Any) -> None:  # noqa: ANN401 - JSON, or a dataclass of it
    """Print a value as one line of JSON, at once, so that a program can follow."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    print(json.dumps(value, ensure_ascii=False, default=datetime.isoformat), flush=True)


def as_text(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a JSON value for people: text without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def show_rows(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, or, where it is too wide, a block for each row."""
    rows = [[*row] for row in rows]
    columns = [*zip(names, *rows, strict=True)]
    needed = sum(max(map(_width, column)) + 3 for column in columns) + 1
    target = console(needed)
    if needed <= target.width:
        table = Table(*names)
        for row in rows:
            table.add_row(*map(Text, row))
        target.print(table)
        return
    for number, row in enumerate(rows):
        if number:
            target.print()
        _print_pairs(target, dict(zip(names, row, strict=True)))


def show_pairs(pairs: Mapping[str, str], title: str | None = None) -> None:
    """Print names and values as a table, or, where it is too wide, as lines."""
    needed = max(map(_width, pairs)) + max(map(_width, pairs.values())) + 7
    target = console(needed)
    if needed <= target.width:
        table = Table(show_header=False, title=title)
        for name, value in pairs.items():
            table.add_row(name, Text(value))
        target.print(table)
        return
    if title:
        target.print(title)
    _print_pairs(target, pairs)


def moment(at: datetime) -> str:
    """Return a time in UTC for people, in a form that the options take, too."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds") + "Z"


def utc(at: datetime) -> str:
    """Return a time in UTC for JSON (RFC 3339)."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _print_pairs(target: Console, pairs: Mapping[str, str]) -> None:
    width = max(map(_width, pairs))
    for name, value in pairs.items():
        # The terminal itself wraps a long line, so that it is copied in one piece.
        target.print(Text(f"{name:<{width}}  {value}".rstrip()), soft_wrap=True)


def _width(text: str) -> int:
    return max(map(cell_len, text.split("\n")))
