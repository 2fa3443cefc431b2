"""The commands that import a file, and show and list imports."""

import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from registrar_client.client import RegistrarClient
from registrar_client.command.connection import Connection, accepts_shared_options, connected
from registrar_client.command.exit_codes import ExitCode
from registrar_client.command.import_progress import follow, resumable
from registrar_client.command.import_result import show_result
from registrar_client.command.import_source import check_source, uploaded
from registrar_client.command.layout import moment, print_json, show_rows, utc
from registrar_client.command.output_file import OutputFile, is_one_file, opened
from registrar_client.models import Import, ImportOptions
from registrar_client.stage import StageNotFound

Format = Annotated[
    str | None, typer.Option("--format", help="csv or jsonl; by the name's extension when left out.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="NAME=FIELD", help="Map a CSV's column to a field; NAME= ignores it."),
]
ImportKey = Annotated[
    str | None, typer.Option("--key", help="Rows with the same content and key are the same change.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, without writing.")]
FailFast = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Stop after N rows that were not applied.")
]
Tolerated = Annotated[
    int | None,
    typer.Option(min=0, max=100, metavar="P", help="Stop when more than P % of all rows were not applied."),
]
SaveReport = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Save the outcome of each row to this file.")
]
SaveFailed = Annotated[
    Path | None,
    typer.Option("--failed", metavar="FILE", help="Save the rows that were not applied, to be corrected."),
]

imports = typer.Typer(no_args_is_help=True)
Saves = Mapping[str, OutputFile]
"""The files to be saved, by ``report`` and ``failed``."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import", epilog="Example: registrar import users.csv --dry-run")(import_file)
    imports.command(epilog="Example: registrar imports show nightly-7 --failed failed.csv")(show)
    imports.command("list", epilog="Example: registrar imports list --stage dev --limit 5")(listed)
    app.add_typer(imports, name="imports")


@imports.callback()
@accepts_shared_options
def group() -> None:
    """Show and list imports."""


@connected()
def import_file(  # noqa: PLR0913, PLR0917 - the options of a command
    connection: Connection,
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="A file, - for standard input, or s3://BUCKET/KEY.")
    ],
    form: Format = None,
    columns: Columns = None,
    import_key: ImportKey = None,
    dry_run: DryRun = False,
    fail_fast: FailFast = None,
    tolerated_failure_percentage: Tolerated = None,
    reason: Annotated[str | None, typer.Option(help="For rows that have none.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has ended.")] = True,
    report: SaveReport = None,
    failed: SaveFailed = None,
) -> None:
    """Import users from a CSV or JSON Lines file.

    Importing a file again applies no change twice. Ctrl-C leaves the import running.

    Exits with 0 when every row is applied, 1 when some are not, 2 when the import failed.
    """
    fields = _fields(columns)
    if not wait and (report or failed):
        raise typer.BadParameter("with --no-wait there is nothing to be saved yet: no --report, no --failed")
    check_source(source, form, columns=bool(columns))
    with _saves(report, failed, source) as saves, connection.client() as client:
        bucket, key = uploaded(client, source, form)
        options = ImportOptions(
            key=key,
            bucket=bucket,
            format=form,
            columns=fields,
            import_key=import_key,
            dry_run=dry_run,
            fail_fast=fail_fast,
            tolerated_failure_percentage=tolerated_failure_percentage,
            reason=reason,
        )
        import_id = uuid.uuid4().hex
        with resumable(import_id, "may have started"):
            import_id = client.start_import(options, import_id=import_id)
        if not wait:
            if connection.as_json:
                print_json({"import_id": import_id})
            else:
                print(f"started {import_id}")
            return
        _end(connection, client, follow(client, import_id), saves)


@connected()
def show(
    connection: Connection,
    import_id: Annotated[str, typer.Argument(help="The import's id.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has ended.")] = False,
    report: SaveReport = None,
    failed: SaveFailed = None,
) -> None:
    """Show the progress or the result of an import."""
    with _saves(report, failed) as saves, connection.client() as client:
        status = follow(client, import_id) if wait else client.import_status(import_id)
        _end(connection, client, status, saves)


@connected(url="reads Step Functions, not the API")
def listed(
    connection: Connection,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """List the imports of the last 90 days, newest first.

    The status is the execution's, SUCCEEDED even when the file was refused: see `registrar imports show`.
    """
    deployed = connection.deployed()
    if "ImportUsersStateMachineArn" not in deployed.outputs:
        raise StageNotFound(f"stage {connection.stage!r} has no imports yet: deploy it again")
    pages = deployed.client("stepfunctions").get_paginator("list_executions")
    found = pages.paginate(
        stateMachineArn=deployed.outputs["ImportUsersStateMachineArn"],
        PaginationConfig={"MaxItems": limit, "PageSize": min(limit, 100)},
    ).search("executions[]")
    if connection.as_json:
        for each in found:
            print_json(_execution(each))
        return
    names = ("import", "execution", "started", "ended")
    show_rows(names, [[text or "" for text in _execution(each, moment).values()] for each in found])


def _execution(found: Mapping[str, Any], time: Callable[[datetime], str] = utc) -> dict[str, str | None]:
    ended = found.get("stopDate")
    return {
        "import_id": found["name"],
        "execution": found["status"],
        "started_at": time(found["startDate"]),
        "ended_at": time(ended) if ended else None,
    }


def _fields(columns: list[str] | None) -> dict[str, str | None] | None:
    # A column's name may contain an equals sign, a field does not.
    parts = [each.rpartition("=") for each in columns or ()]
    if not all(equals for _, equals, _ in parts):
        raise typer.BadParameter("is NAME=FIELD, and NAME= ignores a column", param_hint="--column")
    return {name: field or None for name, _, field in parts} or None


@contextmanager
def _saves(report: Path | None, failed: Path | None, source: str | None = None) -> Iterator[Saves]:
    """Open the files to be saved before the work; refuse one that would overwrite the other or the source."""
    if report and failed and is_one_file(report, failed):
        raise typer.BadParameter("--report and --failed name the same file")
    named = {name: path for name, path in (("report", report), ("failed", failed)) if path}
    for name, path in named.items():
        if source is not None and is_one_file(path, Path(source)):
            raise typer.BadParameter("is the file that is imported: name another one", param_hint=f"--{name}")
    with ExitStack() as files:
        yield {name: files.enter_context(opened(path)) for name, path in named.items()}


def _end(connection: Connection, client: RegistrarClient, status: Import, saves: Saves) -> None:
    """Save the files, then show the result."""
    for name, url in {"report": status.report_url, "failed": status.failed_url}.items():
        if name in saves and url is not None:
            with saves[name].written() as file:
                file.writelines(client.download(url))
    show_result(client, status, as_json=connection.as_json, saved="failed" in saves)
    if saves and status.status == "RUNNING":
        print("error: nothing is saved while the import runs; add --wait", file=sys.stderr)
        raise typer.Exit(ExitCode.FAILED)
