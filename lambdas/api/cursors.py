"""Cursors: places between pages, opaque to those who hand them back."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from api.problems import invalid
from registrar.errors import Problem


def write(*parts: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a cursor: what it is for, then a place's two parts."""
    return urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def read(cursor: str, *purpose: Any) -> tuple[Any, Any]:  # noqa: ANN401 - any JSON value
    """Return the two parts of the place in a cursor that was written for a purpose.

    Raises:
        Refused: it was not, or is no cursor.
    """
    try:
        *given, first, second = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        given, first, second = [], None, None
    if given != list(purpose) or not isinstance(second, list) or not isinstance(first, int | str):
        message = "was not given for this request; leave it out to begin again"
        raise invalid(Problem("bad_format", "/query/cursor", message))
    return first, second
