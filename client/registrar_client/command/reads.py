"""The commands that read users, their trails and the counts."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from registrar_client.command.connection import Connection, connected
from registrar_client.models import Record, User

NOT_FOUND = 1
WIDE = 200
"""Characters of a line where nobody looks at a terminal."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: registrar get u-1001 --json")(get)
    app.command(epilog="Example: registrar find --email ada@example.com")(find)
    app.command("list", epilog="Example: registrar list --status suspended --updated-after 2030-01-31")(
        listed
    )
    app.command(epilog="Example: registrar history u-1001")(history)
    app.command(epilog="Example: registrar stats --days 31")(stats)


@connected
def get(connection: Connection, user_id: Annotated[str, typer.Argument(help="The user's id.")]) -> None:
    """Show a user."""
    with connection.client() as client:
        _show(connection, client.get(user_id))


@connected
def find(
    connection: Connection,
    email: Annotated[str | None, typer.Option(help="The e-mail address, in any case.")] = None,
    username: Annotated[str | None, typer.Option(help="The username, in any case.")] = None,
) -> None:
    """Show the user who holds a name."""
    if (email is None) == (username is None):
        raise typer.BadParameter("name one of --email and --username")
    with connection.client() as client:
        user = client.find(email=email, username=username)
    if user is None:
        typer.echo("error: no live user holds this name", err=True)
        raise typer.Exit(NOT_FOUND)
    _show(connection, user)


@connected
def listed(
    connection: Connection,
    status: Annotated[str, typer.Option(help="active or suspended.")] = "active",
    updated_after: Annotated[
        datetime | None, typer.Option(help="Only users whose newest change is later; UTC.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many at most.")] = 50,
    everyone: Annotated[bool, typer.Option("--all", help="All of them, whatever --limit says.")] = False,
) -> None:
    """List users of a status in the order of their newest change."""
    after = updated_after.replace(tzinfo=UTC) if updated_after else None
    with connection.client() as client:
        users = client.list(status, updated_after=after, page_size=100 if everyone else min(limit, 100))
        wanted = users if everyone else islice(users, limit)
        if connection.as_json:
            _print_lines(map(asdict, wanted))
            return
        table = Table("user", "version", "username", "email", "display name", "changed")
        for user in wanted:
            names = (user.username or "", user.email or "", user.display_name or "")
            table.add_row(*map(Text, (user.user_id, str(user.version), *names, _time(user.updated_at))))
        more = next(users, None) is not None
    _console().print(table)
    if more:
        typer.echo(f"the first {limit}; --limit or --all shows more", err=True)


@connected
def history(
    connection: Connection,
    user_id: Annotated[str, typer.Argument(help="The user's id.")],
) -> None:
    """Show a user's audit trail, oldest first, with what was before and after."""
    with connection.client() as client:
        records = client.history(user_id)
        if connection.as_json:
            _print_lines(record.content for record in records)
            return
        console = _console()
        for record in records:
            for line in _lines(record):
                console.print(line)


@connected
def stats(
    connection: Connection,
    days: Annotated[int, typer.Option(min=1, max=31, help="So many days up to today, UTC.")] = 7,
) -> None:
    """Show users by status, and changes by day, action and outcome."""
    with connection.client() as client:
        counts = client.stats(days)
    if connection.as_json:
        print(json.dumps(asdict(counts)))
        return
    users = Table("users", "number")
    for status, number in counts.users.items():
        users.add_row(status, f"{number:,}")
    changes = Table("day", "action", "outcome", "changes")
    for row in counts.changes:
        changes.add_row(row.day, row.action, row.outcome, f"{row.changes:,}")
    console = _console()
    console.print(users)
    console.print(changes)


def _show(connection: Connection, user: User) -> None:
    if connection.as_json:
        print(_json(asdict(user)))
        return
    table = Table(show_header=False)
    shown = {
        "user": user.user_id,
        "version": str(user.version),
        "status": user.status,
        "username": user.username or "",
        "email": user.email or "",
        "display name": user.display_name or "",
        "tags": ", ".join(f"{name}={value}" for name, value in user.tags.items()),
        "created": _time(user.created_at),
        "changed": _time(user.updated_at),
        "head": user.head,
    }
    for name, value in shown.items():
        table.add_row(name, Text(value))
    _console().print(table)


def _lines(record: Record) -> Iterator[Text]:
    applied = record.outcome == "APPLIED"
    title = f"version {record.version}" if applied else "rejected"
    line = Text.assemble(
        (_time(record.recorded_at), "dim"),
        "  ",
        (f"{title:<12}", "bold green" if applied else "bold yellow"),
        f"{record.action or 'unknown'} by {_actor(record)}",
    )
    if record.reason:
        line.append(f" ({record.reason})")
    yield line
    for name, sides in record.changes.items():
        before, after = (_side(sides, side) for side in ("before", "after"))
        yield Text.assemble(f"    {name}: ", (before, "red"), " → ", (after, "green"))
    for problem in record.problems:
        yield Text(f"    {problem.code} {problem.path}: {problem.message}")
    yield Text(f"    hash {record.hash[:16]}…  after {record.previous_hash[:16]}…", style="dim")


def _actor(record: Record) -> str:
    name, session = record.actor.get("id", "unknown"), record.actor.get("session")
    return name if session is None else f"{name} ({session})"


def _side(sides: Any, side: str) -> str:  # noqa: ANN401 - JSON
    value = sides.get(side, "(none)")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _console() -> Console:
    """Make a console; where nobody looks at a terminal, every line stays one line."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


def _time(moment: datetime) -> str:
    return moment.astimezone().replace(tzinfo=None).isoformat(" ", "seconds")


def _print_lines(values: Iterable[Any]) -> None:
    for value in values:
        print(_json(value), flush=True)


def _json(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(value, ensure_ascii=False, default=lambda moment: moment.isoformat())
