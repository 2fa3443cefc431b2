"""``registrar export``."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from registrar_client import export as exporting
from registrar_client.check.tables import Tables
from registrar_client.command.connection import TABLES, Connection, connected, is_given
from registrar_client.command.output_file import opened


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: registrar export --format csv --output users.csv")(export)


@connected(url=TABLES, as_json="writes the format that --format names")
def export(  # noqa: PLR0913, PLR0917 - the options of a command
    connection: Connection,
    context: typer.Context,
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this file instead of stdout.")
    ] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="All audit records instead of users, as JSON Lines.")
    ] = False,
    segments: Annotated[int, typer.Option(min=1, max=64, help="Threads that read the tables.")] = 4,
) -> None:
    """Export all live users as import takes them, or the ledger.

    Reads the tables, not the API.
    """
    if form not in ("csv", "jsonl"):
        raise typer.BadParameter("is csv or jsonl", param_hint="--format")
    if ledger and form == "csv" and is_given(context, "form"):
        raise typer.BadParameter("the ledger is written as jsonl only", param_hint="--format")
    with _target(output) as file:
        tables = Tables(*connection.tables())
        if ledger:
            count, what = exporting.write_lines(exporting.records(tables, segments), file), "records"
        else:
            write = exporting.write_csv if form == "csv" else exporting.write_jsonl
            count, what = write(exporting.live_users(tables, segments), file), "users"
    print(f"exported {count:,} {what}", file=sys.stderr)


@contextmanager
def _target(output: Path | None) -> Iterator[TextIO]:
    """Yield stdout, or a file that appears only once it is complete."""
    if output is None:
        yield sys.stdout
        return
    with opened(output) as target, target.written() as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()
