"""The commands that read users, their audit records and the counts."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer
from rich.text import Text

from registrar_client.command.connection import Connection, connected, is_given
from registrar_client.command.exit_codes import ExitCode
from registrar_client.command.layout import as_text, console, moment, print_json, show_pairs, show_rows
from registrar_client.models import Record, User

NAMES = ("username", "email", "display name")


def _moment_of(text: str) -> datetime:
    """Read a time of ISO 8601, in UTC unless it names another time zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        example = "2030-01-31, 2030-01-31T12:00:00Z or 2030-01-31T13:00:00+01:00"
        raise typer.BadParameter(f"{text!r} is no time such as {example}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: registrar get u-1001 --json")(get)
    app.command(epilog="Example: registrar find --email ada@example.com")(find)
    app.command("list", epilog="Example: registrar list --status suspended --updated-after 2030-01-31")(
        listed
    )
    app.command(epilog="Example: registrar history u-1001")(history)
    app.command(epilog="Example: registrar stats --days 31")(stats)


@connected()
def get(connection: Connection, user_id: Annotated[str, typer.Argument(help="The user's id.")]) -> None:
    """Show a user."""
    with connection.client() as client:
        _show(connection, client.get(user_id))


@connected()
def find(
    connection: Connection,
    email: Annotated[str | None, typer.Option(help="The e-mail address, in any case.")] = None,
    username: Annotated[str | None, typer.Option(help="The username, in any case.")] = None,
) -> None:
    """Show the user that holds an e-mail address or username."""
    if (email is None) == (username is None):
        raise typer.BadParameter("name one of --email and --username")
    with connection.client() as client:
        user = client.find(email=email, username=username)
    if user is None:
        print("error: no live user holds this name", file=sys.stderr)
        raise typer.Exit(ExitCode.NO)
    _show(connection, user)


@connected()
def listed(  # noqa: PLR0913, PLR0917 - the options of a command
    connection: Connection,
    context: typer.Context,
    status: Annotated[str, typer.Option(help="active or suspended.")] = "active",
    updated_after: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment_of,
            metavar="TIME",
            help="Only users whose newest change is later; in UTC unless it names a time zone.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    everyone: Annotated[bool, typer.Option("--all", help="All users, without a limit.")] = False,
) -> None:
    """List users with a status in the order of their newest change."""
    if everyone and is_given(context, "limit"):
        raise typer.BadParameter("--all and --limit exclude each other: leave one of them out")
    with connection.client() as client:
        users = client.list(
            status, updated_after=updated_after, page_size=100 if everyone else min(limit, 100)
        )
        wanted = users if everyone else islice(users, limit)
        if connection.as_json:
            for user in wanted:
                print_json(user)
            return
        rows = [(each.user_id, str(each.version), *_names(each), moment(each.updated_at)) for each in wanted]
        more = next(users, None) is not None
    show_rows(("user", "version", *NAMES, "changed"), rows)
    if more:
        print(f"the first {limit}; --limit or --all shows more", file=sys.stderr)


@connected()
def history(connection: Connection, user_id: Annotated[str, typer.Argument(help="The user's id.")]) -> None:
    """Show a user's audit records, oldest first."""
    with connection.client() as client:
        records = client.history(user_id)
        target = console()
        for record in records:
            if connection.as_json:
                print_json(record.content)
                continue
            for line in lines_of(record):
                target.print(line, soft_wrap=True)


@connected()
def stats(
    connection: Connection,
    days: Annotated[int, typer.Option(min=1, max=31, help="The last days, today (UTC) included.")] = 7,
) -> None:
    """Show users by status, and changes by day, action and outcome."""
    with connection.client() as client:
        counts = client.stats(days)
    if connection.as_json:
        print_json(counts)
        return
    show_rows(("users", "number"), [(status, f"{number:,}") for status, number in counts.users.items()])
    rows = [(row.day, row.action, row.outcome, f"{row.changes:,}") for row in counts.changes]
    show_rows(("day, UTC", "action", "outcome", "changes"), rows)


def _names(user: User) -> tuple[str, ...]:
    return tuple(name or "" for name in (user.username, user.email, user.display_name))


def _show(connection: Connection, user: User) -> None:
    if connection.as_json:
        print_json(user)
        return
    shown = {
        "user": user.user_id,
        "version": str(user.version),
        "status": user.status,
        **dict(zip(NAMES, _names(user), strict=True)),
        "tags": ", ".join(f"{name}={value}" for name, value in user.tags.items()),
        "created": moment(user.created_at),
        "changed": moment(user.updated_at),
        "head": user.head,
    }
    show_pairs(shown)


def lines_of(record: Record) -> Iterator[Text]:
    """Yield the lines that show an audit record."""
    applied = record.outcome == "APPLIED"
    title = f"version {record.version}" if applied else "rejected"
    line = Text.assemble(
        (moment(record.recorded_at), "dim"),
        "  ",
        (f"{title:<12}", "bold green" if applied else "bold yellow"),
        f"{record.action or 'unknown'} by {_actor(record)}",
    )
    if record.reason:
        line.append(f" ({record.reason})")
    yield line
    for name, sides in record.changes.items():
        before, after = (as_text(sides.get(side, "(none)")) for side in ("before", "after"))
        yield Text.assemble(f"    {name}: ", (before, "red"), " → ", (after, "green"))
    for problem in record.problems:
        yield Text(f"    {problem.code} {problem.path}: {problem.message}")
    yield Text(f"    hash {record.hash[:16]}…  after {record.previous_hash[:16]}…", style="dim")


def _actor(record: Record) -> str:
    name, session = record.actor.get("id", "unknown"), record.actor.get("session")
    return name if session is None else f"{name} ({session})"
