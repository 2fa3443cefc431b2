"""The commands that import a file and tell what became of it."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from registrar_client.client import RegistrarClient
from registrar_client.command.connection import Connection, connected
from registrar_client.command.whole_file import whole
from registrar_client.models import Import, ImportOptions

INTERRUPTED: Final = 130
NO, FAILED = 1, 2
FILE_BYTES_MAX: Final = 1024**3
"""What an import takes at most; a larger file need not travel to be refused."""

SaveReport = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Save a line for each row here.")
]
SaveFailed = Annotated[
    Path | None,
    typer.Option("--failed", metavar="FILE", help="Save the rows that were not applied here, to be mended."),
]

imports = typer.Typer(no_args_is_help=True, help="Tell what became of an import.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import", epilog="Example: registrar import users.csv --dry-run")(import_file)
    imports.command(epilog="Example: registrar imports show nightly-7 --failed mend.csv")(show)
    app.add_typer(imports, name="imports")


@connected
def import_file(  # noqa: PLR0913, PLR0917 - the options of a command
    connection: Connection,
    source: Annotated[str, typer.Argument(metavar="FILE", help="A file, or s3://BUCKET/KEY.")],
    form: Annotated[
        str | None, typer.Option("--format", help="csv or jsonl; by the end of the name when left out.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="NAME=FIELD", help="A CSV's column holds a field; NAME= passes it over."
        ),
    ] = None,
    import_key: Annotated[
        str | None, typer.Option("--key", help="Rows of one content and one key are one change.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Find out what would happen, and write nothing.")
    ] = False,
    fail_fast: Annotated[
        int | None, typer.Option(min=1, help="Stop when so many rows were not applied.")
    ] = None,
    tolerated_failure_percentage: Annotated[
        int | None,
        typer.Option(min=0, max=100, help="Stop when more than this share of all rows was not applied."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="For rows without one of their own.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it has ended.")] = True,
    report: SaveReport = None,
    failed: SaveFailed = None,
) -> None:
    """Import many users from a CSV or JSON Lines file; every row is answered.

    To import the same file again changes nothing twice. Ctrl-C leaves the import running.

    Ends with 0 when every row is applied, 1 when some are not, 2 when the file could not be worked on.
    """
    _check_columns(columns)
    with connection.client() as client:
        bucket, key = _placed(client, source, form)
        options = ImportOptions(
            key=key,
            bucket=bucket,
            format=form,
            columns=dict(_column(each) for each in columns) if columns else None,
            import_key=import_key,
            dry_run=dry_run,
            fail_fast=fail_fast,
            tolerated_failure_percentage=tolerated_failure_percentage,
            reason=reason,
        )
        import_id = client.start_import(options)
        if not wait:
            print(json.dumps({"import_id": import_id}) if connection.as_json else f"started {import_id}")
            return
        status = _follow(client, import_id)
        _save(client, status, report, failed)
    _tell(connection, status, failed)


@connected
def show(
    connection: Connection,
    import_id: Annotated[str, typer.Argument(help="The import's id.")],
    wait: Annotated[bool, typer.Option("--wait", help="Until it has ended.")] = False,
    report: SaveReport = None,
    failed: SaveFailed = None,
) -> None:
    """Show how far an import is, and in the end how it went."""
    with connection.client() as client:
        status = _follow(client, import_id) if wait else client.import_status(import_id)
        _save(client, status, report, failed)
    _tell(connection, status, failed)


def _check_columns(columns: list[str] | None) -> None:
    if any("=" not in each for each in columns or ()):
        raise typer.BadParameter("is NAME=FIELD, and NAME= passes a column over", param_hint="--column")


def _column(text: str) -> tuple[str, str | None]:
    # A column's name may have an equals sign in it, a field has none.
    name, _, field = text.rpartition("=")
    return name, field or None


def _placed(client: RegistrarClient, source: str, form: str | None) -> tuple[str | None, str]:
    """Return bucket and key of what is to be imported, once it is there."""
    if source.startswith("s3://"):
        bucket, _, key = source.removeprefix("s3://").partition("/")
        return bucket, key
    file = Path(source)
    if not file.is_file():
        raise typer.BadParameter(f"{source} is no file", param_hint="FILE")
    if file.stat().st_size > FILE_BYTES_MAX:
        size = f"{file.stat().st_size / 1024**3:.1f} GiB"
        raise typer.BadParameter(
            f"{source} has {size}, an import takes 1 at most: split the file", param_hint="FILE"
        )
    console = Console(stderr=True)
    with console.status(f"uploading {source}"):
        try:
            return None, client.upload(file, form)
        except ValueError as error:
            raise typer.BadParameter(f"{error}: --format says it", param_hint="FILE") from None


def _follow(client: RegistrarClient, import_id: str) -> Import:
    """Show how far an import is, until it has ended."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[numbers]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    status = None
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("reading the file", total=None, numbers="")
            for status in client.follow_import(import_id):
                if status.rows is not None:
                    progress.update(
                        task,
                        description="importing",
                        total=status.rows,
                        completed=status.done,
                        numbers=_rate(status, progress.tasks[0].elapsed or 0),
                    )
    except KeyboardInterrupt:
        print(
            f"\nthe import goes on; this picks it up: registrar imports show {import_id} --wait",
            file=sys.stderr,
        )
        raise typer.Exit(INTERRUPTED) from None
    if status is None:
        raise AssertionError
    return status


def _rate(status: Import, seconds: float) -> str:
    return f"{status.done / max(seconds, 0.1):,.0f} rows/s, {status.rejected + status.failed:,} not applied"


def _save(client: RegistrarClient, status: Import, report: Path | None, failed: Path | None) -> None:
    for file, url in ((report, status.report_url), (failed, status.failed_url)):
        if file is not None and url is not None:
            _write(file, client.download(url))


def _write(file: Path, blocks: Iterable[bytes]) -> None:
    with whole(file) as part, part.open("wb") as target:
        target.writelines(blocks)


def _tell(connection: Connection, status: Import, failed: Path | None) -> None:
    if connection.as_json:
        print(json.dumps(dict(status.content), ensure_ascii=False))
    elif status.status == "REFUSED":
        for problem in status.problems:
            place = f"{problem.code} {problem.path}".strip()
            print(f"error: {problem.message} ({place})", file=sys.stderr)
    else:
        Console(highlight=False, soft_wrap=True).print(_table(status))
        if status.not_applied and status.failed_url and failed is None:
            print(f"this saves what was not applied: registrar imports show {status.import_id} --failed FILE")
    if status.status == "RUNNING" or (status.status == "SUCCEEDED" and not status.not_applied):
        return
    if status.status == "SUCCEEDED":
        raise typer.Exit(NO)
    if status.status != "REFUSED":
        again = "import the same file again, as the same caller: nothing is done twice"
        print(f"error: the import has {status.status}: {again}", file=sys.stderr)
    raise typer.Exit(FAILED)


def _table(status: Import) -> Table:
    table = Table(show_header=False, title="Dry run: nothing was written" if status.dry_run else None)
    rate = (
        f" ({status.rows / max(status.seconds, 0.001):,.0f} rows/s)" if status.rows and status.seconds else ""
    )
    shown = {
        "import": status.import_id,
        "status": status.status,
        "rows": "not known yet" if status.rows is None else f"{status.rows:,}",
        "applied": f"{status.applied:,}",
        "rejected": f"{status.rejected:,}",
        "replayed": f"{status.replayed:,}",
        "failed": f"{status.failed:,}",
        "not applied in all": f"{status.not_applied:,}",
        "time": "" if status.seconds is None else f"{status.seconds:,.1f} s{rate}",
        "cost on AWS": "" if status.cost_usd is None else f"about ${status.cost_usd:,.6f}",
    }
    for name, value in shown.items():
        table.add_row(name, value)
    return table
