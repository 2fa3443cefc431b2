"""The command `registrar`."""

import json
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from registrar_client.check import Checker
from registrar_client.check.report import follow, table_of
from registrar_client.check.tables import IncompleteRead
from registrar_client.stage import LOCAL, StageNotFound, find_stage

VIOLATIONS, FAILED, INTERRUPTED = 1, 2, 130

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")


@app.callback()
def registrar() -> None:
    """Change users, and prove what happened."""


@app.command(epilog="Example: registrar check --stage prod --profile audit --json > violations.jsonl")
def check(  # noqa: PLR0913, PLR0917 - the options of a command
    stage: Annotated[str, typer.Option(envvar="REGISTRAR_STAGE", help="The stage that is checked.")] = LOCAL,
    profile: Annotated[str | None, typer.Option(help="The AWS profile, for a stage on AWS.")] = None,
    region: Annotated[str | None, typer.Option(help="The AWS region, for a stage on AWS.")] = None,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds in which what looks wrong may turn out to be on its way.")
    ] = 150,
    segments: Annotated[int, typer.Option(min=1, max=64, help="Threads that read the tables.")] = 4,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON Lines: a violation each, then a sum.")
    ] = False,
) -> None:
    """Check that users, names, receipts and ledger agree to the letter.

    Reads both tables and recomputes everything.
    Ends with 0 when all is well, 1 with violations, 2 when it could not check.
    """
    deployed = find_stage(stage, profile, region)
    tables = (deployed.outputs["UsersTableName"], deployed.outputs["LedgerTableName"])
    checker = Checker(deployed.client("dynamodb"), *tables)
    violations = follow(checker, checker.check(segments=segments, grace=grace))
    found = 0
    if as_json:
        for violation in violations:
            found += 1
            print(json.dumps(violation.as_json(), ensure_ascii=False), flush=True)
        print(json.dumps({"checked": dict(checker.counts), "violations": found}))
    else:
        found = table_of(violations, checker, Console())
    raise typer.Exit(VIOLATIONS if found else 0)


def main() -> None:
    """Run the command; errors are one sentence that says what to do."""
    try:
        app()
    except (StageNotFound, BotoCoreError, ClientError, IncompleteRead) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
