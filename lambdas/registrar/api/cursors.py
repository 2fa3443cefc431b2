"""Cursors: places between pages, opaque to those who hand them back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from registrar.api.problems import invalid
from registrar.domain import limits
from registrar.domain.errors import Problem

Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]


class Place(BaseModel):
    """Between two pages: which pages they are, then what stands before it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ListingPlace(Place):
    """Between two pages of users."""

    of: Literal["users"] = "users"
    status: str
    since: str | None
    complete_until: Moment
    updated_at: Moment
    seen: list[str]


class HistoryPlace(Place):
    """Between two pages of a trail."""

    of: Literal["history"] = "history"
    user_id: str
    version: Annotated[int, Field(ge=0, lt=limits.VERSION_MAX)]
    recorded_at: Moment | Literal[""]
    sequence: str


P = TypeVar("P", bound=Place)


def write(place: Place) -> str:
    """Return a place's cursor."""
    return urlsafe_b64encode(place.model_dump_json().encode()).decode().rstrip("=")


def read(cursor: str, kind: type[P], **pages: Any) -> P:  # noqa: ANN401 - of any type
    """Return the place of a cursor that was given for these pages.

    Raises:
        Refused: it was not, or is no cursor.
    """
    try:
        place = kind.model_validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        place = None
    if place is None or any(getattr(place, name) != value for name, value in pages.items()):
        message = "was not given for this request; leave it out to begin again"
        raise invalid(Problem("bad_format", "/query/cursor", message))
    return place
