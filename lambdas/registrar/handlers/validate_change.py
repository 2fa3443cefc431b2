"""The first step: checks a request and passes on a valid change."""

from typing import Any

from registrar.domain.errors import ChangeRejected
from registrar.domain.request import identify


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Check ``event["request"]``, any JSON value, and return the valid change.

    Raises:
        ChangeRejected: the request is invalid. Its problems are found anew where they are recorded: the
            text of an error is logged, and a request's field names are its sender's words.
    """
    change = identify(event["request"], event["execution_name"]).change
    if change is None:
        raise ChangeRejected
    return change.as_json()
