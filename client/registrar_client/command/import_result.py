"""The result of an import for people: its counts, and the first reasons why rows were not applied."""

import codecs
import csv
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Final

import typer
from rich.cells import cell_len
from rich.text import Text

from registrar_client.client import RegistrarClient
from registrar_client.command.exit_codes import ExitCode
from registrar_client.command.failures import in_words
from registrar_client.command.layout import console, print_json, show_pairs
from registrar_client.errors import RegistrarError
from registrar_client.models import Import

SHOWN_MAX: Final = 5
"""How many rows are shown with their reasons; the report has them all."""


@dataclass(frozen=True)
class UnappliedRow:
    """A row of the report that was not applied; its reasons are joined with semicolons."""

    row: str
    codes: str
    paths: str
    messages: str

    def lines(self) -> list[str]:
        """Return its reasons, each with its row, code, path and message."""
        each = [text.split("; ") for text in (self.codes, self.paths, self.messages)]
        if len({*map(len, each)}) > 1:  # A message contains a semicolon.
            each = [[self.codes], [self.paths], [self.messages]]
        return [
            f"row {self.row}: {' '.join(filter(None, (code, path)))}: {message}"
            for code, path, message in zip(*each, strict=True)
        ]


def show_result(client: RegistrarClient, status: Import, *, as_json: bool, saved: bool) -> None:
    """Print the progress or the result of an import, and exit with its status.

    Args:
        client: downloads the report, when there are reasons to be shown.
        status: the newest.
        as_json: print the API's answer instead.
        saved: whether the rows that were not applied have been saved already.
    """
    if as_json:
        print_json(status.content)
    elif status.status == "REFUSED":
        for problem in status.problems:
            print(f"error: {in_words(problem)}", file=sys.stderr)
    else:
        show_pairs(sums(status), title="Dry run: nothing was written" if status.dry_run else None)
        if status.not_applied and status.report_url:
            _show_reasons(client, status)
        if status.not_applied and status.failed_url and not saved:
            save = f"registrar imports show {status.import_id} --failed FILE"
            print(f"to save the rows that were not applied:\n{save}")
    if status.status == "RUNNING" or (status.status == "SUCCEEDED" and not status.not_applied):
        return
    if status.status == "SUCCEEDED":
        raise typer.Exit(ExitCode.NO)
    if status.status != "REFUSED":
        again = "import the same file again with the same credentials; no change is applied twice"
        print(f"error: the import has ended as {status.status}: {again}", file=sys.stderr)
    raise typer.Exit(ExitCode.FAILED)


def sums(status: Import) -> dict[str, str]:
    """Return the counts to be shown; those of the outcomes add up to the rows."""
    rejected_before = status.not_applied - status.rejected - status.failed
    rows, seconds = status.rows, status.seconds
    rate = f" ({rows / max(seconds, 0.001):,.0f} rows/s)" if rows and seconds else ""
    return {
        "import": status.import_id,
        "status": status.status,
        "rows": "not known yet" if rows is None else f"{rows:,}",
        "applied": f"{status.applied:,}",
        "applied before": f"{status.replayed - rejected_before:,}",
        "rejected": f"{status.rejected:,}",
        "rejected before": f"{rejected_before:,}",
        "not decided": f"{status.failed:,}",
        "time": "" if seconds is None else f"{seconds:,.1f} s{rate}",
        "cost on AWS": "" if status.cost_usd is None else f"about ${status.cost_usd:,.6f}",
    }


def unapplied(report: Iterable[bytes], *, rejected: bool) -> Iterator[UnappliedRow]:
    """Yield the rows of a report that were not applied, reading no more of it than needed.

    Args:
        report: its bytes, block by block.
        rejected: only rejected rows: they show why an import stopped, the rows after them do not.
    """
    for row in csv.DictReader(_lines(report)):
        if row["outcome"] == "REJECTED" or (not rejected and row["outcome"] != "APPLIED"):
            yield UnappliedRow(*(_text(row[name]) for name in ("row", "codes", "paths", "messages")))


def _show_reasons(client: RegistrarClient, status: Import) -> None:
    rejected = status.not_applied - status.failed
    number = rejected or status.failed
    try:
        with closing(client.download(str(status.report_url))) as report:
            found = list(islice(unapplied(report, rejected=rejected > 0), min(SHOWN_MAX, number)))
    except (RegistrarError, KeyError) as error:
        print(f"the report cannot be read: {error}", file=sys.stderr)
        return
    what = "rejected" if rejected else "not decided"
    of = f", the first {len(found)} of {number:,}" if number > len(found) else ""
    lines = [f"{what}{of}:", *(f"  {line}" for each in found for line in each.lines())]
    target = console(max(map(cell_len, lines)))
    for line in lines:
        target.print(Text(line, overflow="fold"))


def _lines(blocks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    for block in blocks:
        *lines, rest = (rest + decoder.decode(block)).split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest:
        yield rest


def _text(cell: str) -> str:
    """Remove the ``'`` that protects spreadsheets from a cell that they would run as a formula."""
    return cell[1:] if re.match(r"'+[^\w'\"(]", cell) else cell
