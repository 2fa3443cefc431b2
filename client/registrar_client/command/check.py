"""``registrar check``."""

from typing import Annotated

import typer

from registrar_client.check import Checker
from registrar_client.command.check_report import followed, show_violations
from registrar_client.command.connection import TABLES, Connection, connected
from registrar_client.command.exit_codes import ExitCode
from registrar_client.command.layout import Terminal, print_json


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    example = "Example: registrar check --stage prod --profile audit --json > violations.jsonl"
    app.command(epilog=example)(check)


@connected(url=TABLES)
def check(
    connection: Connection,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that changes in progress have to complete.")
    ] = 150,
    segments: Annotated[int, typer.Option(min=1, max=64, help="Threads that read the tables.")] = 4,
) -> None:
    """Check that users, names, receipts and ledger are consistent.

    Reads both tables, not the API, and computes everything again.

    Exits with 0 without violations, 1 with some, 2 when it could not check.
    """
    checker = Checker(*connection.tables())
    violations = followed(checker, checker.check(segments=segments, grace=grace))
    found = 0
    if connection.as_json:
        for violation in violations:
            found += 1
            print_json(violation.as_json())
        print_json({"checked": dict(checker.counts), "violations": found})
    else:
        found = show_violations(violations, checker, Terminal())
    raise typer.Exit(ExitCode.NO if found else ExitCode.DONE)
