"""``registrar export``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from registrar_client import export as exporting
from registrar_client.check.tables import Tables
from registrar_client.command.connection import Connection, connected
from registrar_client.command.whole_file import whole


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: registrar export --format csv --output users.csv")(export)


@connected
def export(
    connection: Connection,
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here instead of to the terminal.")
    ] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="All audit records instead of users, as JSON Lines.")
    ] = False,
    segments: Annotated[int, typer.Option(min=1, max=64, help="Threads that read the tables.")] = 4,
) -> None:
    """Export all live users, in the very form that import takes, or the ledger.

    Reads the tables, not the API.
    """
    if form not in ("csv", "jsonl"):
        raise typer.BadParameter("is csv or jsonl", param_hint="--format")
    deployed = connection.deployed()
    tables = Tables(
        deployed.client("dynamodb"), deployed.outputs["UsersTableName"], deployed.outputs["LedgerTableName"]
    )
    with _target(output) as file:
        if ledger:
            count, what = exporting.write_lines(exporting.records(tables, segments), file), "records"
        else:
            write = exporting.write_csv if form == "csv" else exporting.write_jsonl
            count, what = write(exporting.live_users(tables, segments), file), "users"
    print(f"exported {count:,} {what}", file=sys.stderr)


@contextmanager
def _target(output: Path | None) -> Iterator[TextIO]:
    """Yield the terminal, or a file that is there only when it is whole."""
    if output is None:
        yield sys.stdout
        return
    with whole(output) as part, part.open("w", encoding="utf-8", newline="") as file:
        yield file
