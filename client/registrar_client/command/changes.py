"""The commands that change users, and the one that shows the outcome of a change."""

from typing import Annotated, cast

import typer

from registrar_client.command.connection import Connection, connected
from registrar_client.command.failures import in_words
from registrar_client.command.layout import print_json
from registrar_client.models import Attributes, Change

UserId = Annotated[str, typer.Argument(help="The user's id.")]
Username = Annotated[str | None, typer.Option(help="Unique among live users; empty removes it.")]
Email = Annotated[str | None, typer.Option(help="Unique among live users; empty removes it.")]
DisplayName = Annotated[str | None, typer.Option(help="Empty removes it.")]
Status = Annotated[str | None, typer.Option(help="active or suspended.")]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="May be repeated; NAME= removes it.")
]
Reason = Annotated[str | None, typer.Option(help="Why; stored in the audit record.")]
ChangeId = Annotated[
    str | None, typer.Option(help="The idempotency key: it takes effect once; generated when left out.")
]
Expected = Annotated[
    int | None, typer.Option("--expected-version", help="Only if the user is at this version.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: registrar create --username ada --email ada@example.com")(create)
    app.command(epilog='Example: registrar update u-1001 --display-name "Ada L." --tag team=navy')(update)
    app.command(epilog='Example: registrar delete u-1001 --reason "ticket 4711"')(delete)
    app.command(epilog="Example: registrar change ticket-4711 --wait")(change)


@connected()
def create(  # noqa: PLR0913, PLR0917 - the options of a command
    connection: Connection,
    user_id: Annotated[str | None, typer.Argument(help="The new user's id; generated when left out.")] = None,
    username: Username = None,
    email: Email = None,
    display_name: DisplayName = None,
    status: Status = None,
    tags: Tags = None,
    reason: Reason = None,
    change_id: ChangeId = None,
) -> None:
    """Create a user."""
    attributes = _attributes(username, email, display_name, status, tags)
    with connection.client() as client:
        _show(connection, client.create(attributes, user_id, reason=reason, change_id=change_id), "created")


@connected()
def update(  # noqa: PLR0913, PLR0917 - the options of a command
    connection: Connection,
    user_id: UserId,
    username: Username = None,
    email: Email = None,
    display_name: DisplayName = None,
    status: Status = None,
    tags: Tags = None,
    expected_version: Expected = None,
    reason: Reason = None,
    change_id: ChangeId = None,
) -> None:
    """Update a user; attributes that are not named stay as they are."""
    attributes = _attributes(username, email, display_name, status, tags)
    if not attributes:
        raise typer.BadParameter("name at least one attribute to change, such as --email")
    with connection.client() as client:
        done = client.update(
            user_id, attributes, expected_version=expected_version, reason=reason, change_id=change_id
        )
        _show(connection, done, "updated")


@connected()
def delete(
    connection: Connection,
    user_id: UserId,
    expected_version: Expected = None,
    reason: Reason = None,
    change_id: ChangeId = None,
) -> None:
    """Delete a user; its audit records stay."""
    with connection.client() as client:
        done = client.delete(user_id, expected_version=expected_version, reason=reason, change_id=change_id)
        _show(connection, done, "deleted")


@connected()
def change(
    connection: Connection,
    change_id: Annotated[str, typer.Argument(help="The change's id.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is decided.")] = False,
) -> None:
    """Show the outcome of a change."""
    with connection.client() as client:
        decided = client.wait_for(change_id) if wait else client.change(change_id)
    if connection.as_json:
        print_json(decided or {"change_id": change_id, "status": "RUNNING"})
    elif decided is None:
        print("still running")
    elif decided.outcome == "APPLIED":
        print(f"applied: {decided.user_id}, version {decided.version}")
    else:
        print(f"rejected: {'; '.join(map(in_words, decided.problems))}")


def _attributes(
    username: str | None,
    email: str | None,
    display_name: str | None,
    status: str | None,
    tags: list[str] | None,
) -> Attributes:
    removable = {"username": username, "email": email, "display_name": display_name}
    attributes = cast(
        "Attributes", {name: value or None for name, value in removable.items() if value is not None}
    )
    if status is not None:
        attributes["status"] = status
    if tags:
        pairs = [tag.partition("=") for tag in tags]
        if not all(name and equals for name, equals, _ in pairs):
            raise typer.BadParameter("a tag is NAME=VALUE, and NAME= removes it", param_hint="--tag")
        attributes["tags"] = {name: value or None for name, _, value in pairs}
    return attributes


def _show(connection: Connection, done: Change, verb: str) -> None:
    if connection.as_json:
        print_json(done)
        return
    again = " (had been done before)" if done.replayed else ""
    print(f"{verb} {done.user_id}, version {done.version}{again}")
