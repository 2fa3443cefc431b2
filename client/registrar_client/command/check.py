"""``registrar check``."""

import json
from typing import Annotated

import typer

from registrar_client.check import Checker
from registrar_client.command.check_report import follow, table_of
from registrar_client.command.connection import TABLES, Connection, connected
from registrar_client.command.layout import Terminal

VIOLATIONS = 1


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: registrar check --stage prod --profile audit --json > violations.jsonl")(
        check
    )


@connected(url=TABLES)
def check(
    connection: Connection,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds in which what looks wrong may turn out to be on its way.")
    ] = 150,
    segments: Annotated[int, typer.Option(min=1, max=64, help="Threads that read the tables.")] = 4,
) -> None:
    """Check that users, names, receipts and ledger agree to the letter.

    Reads both tables, not the API, and recomputes everything.
    Ends with 0 when all is well, 1 with violations, 2 when it could not check.
    """
    deployed = connection.deployed()
    tables = (deployed.outputs["UsersTableName"], deployed.outputs["LedgerTableName"])
    checker = Checker(deployed.client("dynamodb"), *tables)
    violations = follow(checker, checker.check(segments=segments, grace=grace))
    found = 0
    if connection.as_json:
        for violation in violations:
            found += 1
            print(json.dumps(violation.as_json(), ensure_ascii=False), flush=True)
        print(json.dumps({"checked": dict(checker.counts), "violations": found}))
    else:
        found = table_of(violations, checker, Terminal())
    raise typer.Exit(VIOLATIONS if found else 0)
