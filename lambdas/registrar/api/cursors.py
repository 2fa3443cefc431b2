"""Cursors: where the next page begins, opaque to clients."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from registrar.api.problems import invalid
from registrar.domain import limits
from registrar.domain.errors import Problem

RecordTime = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]


class Cursor(BaseModel):
    """Where a page begins: the query that it belongs to, then the last item before it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ListingCursor(Cursor):
    """Where a page of users begins."""

    of: Literal["users"] = "users"
    status: str
    since: str | None
    complete_until: RecordTime
    updated_at: RecordTime
    seen: list[str]


class HistoryCursor(Cursor):
    """Where a page of a trail begins."""

    of: Literal["history"] = "history"
    user_id: str
    version: Annotated[int, Field(ge=0, lt=limits.VERSION_MAX)]
    recorded_at: RecordTime | Literal[""]
    sequence: str


C = TypeVar("C", bound=Cursor)


def encode(cursor: Cursor) -> str:
    """Return a cursor as text."""
    return urlsafe_b64encode(cursor.model_dump_json().encode()).decode().rstrip("=")


def decode(text: str, kind: type[C], **pages: Any) -> C:  # noqa: ANN401 - of any type
    """Read a cursor that was given for these pages.

    Raises:
        Refused: it was not given for them, or is no cursor.
    """
    try:
        cursor = kind.model_validate_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        cursor = None
    if cursor is None or any(getattr(cursor, name) != value for name, value in pages.items()):
        message = "was not given for this request; leave it out to begin again"
        raise invalid(Problem("bad_format", "/query/cursor", message))
    return cursor
