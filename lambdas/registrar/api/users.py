"""The routes that read users and their trails."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from registrar.adapters import listing, system
from registrar.adapters import trail as history
from registrar.adapters.ledger import Ledger
from registrar.adapters.listing import Listing
from registrar.adapters.users import Users
from registrar.api import cursors
from registrar.api.changes import dynamodb_client, etag, json_response
from registrar.api.cursors import HistoryPlace, ListingPlace
from registrar.api.problems import Refused, invalid
from registrar.api.requests import FindParameters, NoParameters, PageParameters, parameters_of
from registrar.domain import limits
from registrar.domain.change import User
from registrar.domain.errors import Problem
from registrar.domain.names import normal_form

router = APIGatewayHttpRouter()


@router.get("/users/<user_id>")
def get_user(user_id: str) -> Response[str]:
    """Return a live user, with one request to DynamoDB."""
    parameters_of(router.current_event, NoParameters)
    user = Users.from_environment(dynamodb_client).user(user_id) if limits.is_user_id(user_id) else None
    if user is None or user.deleted:
        raise Refused(HTTPStatus.NOT_FOUND, "user_not_found", detail="no live user has this user_id")
    return json_response(HTTPStatus.OK, _view(user), {"ETag": etag(user.version)})


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
    user = _holder(kind, getattr(wanted, kind))
    return json_response(HTTPStatus.OK, {"users": [_view(user)] if user else [], "next": None})


@router.get("/users/<user_id>/history")
def get_history(user_id: str) -> Response[str]:
    """Return a page of a user's trail."""
    wanted = parameters_of(router.current_event, PageParameters)
    after = history.Position()
    if wanted.cursor is not None:
        place = cursors.read(wanted.cursor, HistoryPlace, user_id=user_id)
        after = history.Position(place.version, (place.recorded_at, place.sequence))
    records: list[dict[str, Any]] = []
    behind = None
    if limits.is_user_id(user_id):
        ledger = Ledger.from_environment(dynamodb_client)
        records, behind = history.page_of(ledger, user_id, after, wanted.limit)
    if not records and wanted.cursor is None:
        raise Refused(HTTPStatus.NOT_FOUND, "user_not_found", detail="the ledger knows no such user")
    cursor = None
    if behind is not None:
        recorded_at, sequence = behind.rejected
        place = HistoryPlace(
            user_id=user_id, version=behind.version, recorded_at=recorded_at, sequence=sequence
        )
        cursor = cursors.write(place)
    return json_response(HTTPStatus.OK, {"records": records, "next": cursor})


def _list(wanted: FindParameters, status: str) -> Response[str]:
    # Taken before anything is read; later pages keep it, as what came late may stand before them.
    complete_until = listing.complete_until(system.now())
    after = None
    since = None
    if wanted.updated_after is not None:
        since = system.text_of(wanted.updated_after)
        after = listing.Position(since)
    if wanted.cursor is not None:
        place = cursors.read(wanted.cursor, ListingPlace, status=status, since=since)
        after = listing.Position(place.updated_at, tuple(place.seen))
        complete_until = place.complete_until
    users, behind = Listing.from_environment(dynamodb_client).page(status, after, wanted.limit)
    cursor = None
    if behind is not None:
        place = ListingPlace(
            status=status,
            since=since,
            complete_until=complete_until,
            updated_at=behind.updated_at,
            seen=list(behind.seen),
        )
        cursor = cursors.write(place)
    page = {"users": [_view(user) for user in users], "next": cursor, "complete_until": complete_until}
    return json_response(HTTPStatus.OK, page)


def _holder(kind: str, name: str) -> User | None:
    longest = {"email": limits.EMAIL_MAX, "username": limits.USERNAME_MAX}[kind]
    # What is longer than a held name can be is no key either.
    if len(normal_form(name)) > longest:
        return None
    return Users.from_environment(dynamodb_client).holder(kind, name)


def _view(user: User) -> dict[str, Any]:
    view = asdict(user)
    del view["deleted"]
    return {**view.pop("attributes"), **view}
