"""The routes that read users and their trails."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from registrar.adapters import system
from registrar.adapters.listing import ListingPosition, complete_until
from registrar.adapters.trail import TrailPosition
from registrar.api import cursors, models, resources
from registrar.api.cursors import HistoryCursor, ListingCursor
from registrar.api.problems import Refused, invalid
from registrar.api.requests import FindParameters, NoParameters, PageParameters, parameters_of
from registrar.api.responses import etag, json_response
from registrar.domain import limits
from registrar.domain.errors import Problem
from registrar.domain.names import may_be_held
from registrar.domain.times import text_of
from registrar.domain.user import User

router = APIGatewayHttpRouter()


@router.get("/users/<user_id>")
def get_user(user_id: str) -> Response[str]:
    """Return a live user, with one request to DynamoDB."""
    parameters_of(router.current_event, NoParameters)
    user = resources.store.user(user_id) if limits.is_user_id(user_id) else None
    if user is None or user.deleted:
        raise Refused("user_not_found", detail="no live user has this user_id")
    return json_response(HTTPStatus.OK, _shown(user), {"ETag": etag(user.version)})


@router.get("/users")
def find_users() -> Response[str]:
    """Return the user of a name, or a page of the users of a status."""
    wanted = parameters_of(router.current_event, FindParameters)
    given = [name for name in ("email", "username", "status") if getattr(wanted, name) is not None]
    if len(given) != 1:
        raise invalid(Problem("required", "/query", "give one of email, username and status"))
    if wanted.status is not None:
        return _list(wanted, wanted.status)
    for name in ("updated_after", "cursor"):
        if getattr(wanted, name) is not None:
            raise invalid(Problem("not_allowed", f"/query/{name}", "goes with status only"))
    (kind,) = given
    wanted_name: str = getattr(wanted, kind)
    user = resources.store.holder(kind, wanted_name) if may_be_held(kind, wanted_name) else None
    return json_response(HTTPStatus.OK, models.UserPage(users=[_shown(user)] if user else [], next=None))


@router.get("/users/<user_id>/history")
def get_history(user_id: str) -> Response[str]:
    """Return a page of a user's trail."""
    wanted = parameters_of(router.current_event, PageParameters)
    after = TrailPosition()
    if wanted.cursor is not None:
        cursor = cursors.decode(wanted.cursor, HistoryCursor, user_id=user_id)
        after = TrailPosition(cursor.version, (cursor.recorded_at, cursor.sequence))
    is_user_id = limits.is_user_id(user_id)
    records, behind = resources.trail.page(user_id, after, wanted.limit) if is_user_id else ([], None)
    if not records and wanted.cursor is None:
        raise Refused("user_not_found", detail="the ledger knows no such user")
    following = None
    if behind is not None:
        recorded_at, sequence = behind.rejected
        following = cursors.encode(
            HistoryCursor(user_id=user_id, version=behind.version, recorded_at=recorded_at, sequence=sequence)
        )
    # Not validated: an altered record must be shown as it is stored.
    return json_response(HTTPStatus.OK, models.RecordPage.model_construct(records=records, next=following))


def _list(wanted: FindParameters, status: str) -> Response[str]:
    # Computed before the first read; later pages repeat it, since late commits may sort before them.
    complete = complete_until(system.now())
    after = None
    since = None
    if wanted.updated_after is not None:
        since = text_of(wanted.updated_after)
        after = ListingPosition(since)
    if wanted.cursor is not None:
        cursor = cursors.decode(wanted.cursor, ListingCursor, status=status, since=since)
        after = ListingPosition(cursor.updated_at, tuple(cursor.seen))
        complete = cursor.complete_until
    users, behind = resources.listing.page(status, after, wanted.limit)
    following = None
    if behind is not None:
        following = cursors.encode(
            ListingCursor(
                status=status,
                since=since,
                complete_until=complete,
                updated_at=behind.updated_at,
                seen=list(behind.seen),
            )
        )
    page = models.UserPage(users=[*map(_shown, users)], next=following, complete_until=complete)
    return json_response(HTTPStatus.OK, page)


def _shown(user: User) -> models.User:
    values: dict[str, Any] = {
        **user.attributes,
        "user_id": user.user_id,
        "version": user.version,
        "head": user.head,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }
    # As it stands in the table: a user that was altered must not fail the page of all the others.
    return models.User.model_construct(**values)
