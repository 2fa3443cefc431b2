"""Problem documents (RFC 9457): what an answer says when it is no."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from registrar.domain.errors import Problem

MEDIA_TYPE: Final = "application/problem+json"

NEVER_STORED: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Answers hold personal data: https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html"""

INVALID: Final = "invalid_request"
REJECTED: Final = "rejected"
"""Of a rejection whose reasons are not recorded any more."""
# The reasons of a rejection, the most basic first: the first one that is there gives the status.
STATUSES: Final[Mapping[str, HTTPStatus]] = {
    INVALID: HTTPStatus.BAD_REQUEST,
    "change_id_reused": HTTPStatus.CONFLICT,
    "user_not_found": HTTPStatus.NOT_FOUND,
    "user_exists": HTTPStatus.CONFLICT,
    "version_conflict": HTTPStatus.PRECONDITION_FAILED,
    "name_taken": HTTPStatus.CONFLICT,
    REJECTED: HTTPStatus.CONFLICT,
}
TITLES: Final[Mapping[str, str]] = {
    INVALID: "The request is not valid",
    "change_id_reused": "This change_id was used for another request",
    "import_id_reused": "This import_id was used for another import",
    "user_not_found": "There is no such user",
    "user_exists": "There is a user with this user_id",
    "version_conflict": "The user has changed in the meantime",
    "name_taken": "Another user holds this name",
    REJECTED: "The change was rejected",
    "not_found": "There is nothing here",
    "method_not_allowed": "This method is not allowed here",
    "payload_too_large": "The request is too large",
    "unsupported_media_type": "The body is not JSON",
    "unknown_caller": "The caller cannot be told",
    "unavailable": "This could not be answered in time",
    "internal_error": "This could not be answered",
}


class Refused(Exception):  # noqa: N818 - what happened, not who is at fault
    """A request that is answered with a problem document and changes nothing."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        *problems: Problem,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.problems = problems
        self.detail = detail
        self.headers = headers or {}
        super().__init__(code)

    def response(self) -> Response[str]:
        """Return the answer."""
        errors = [problem.as_json() for problem in self.problems]
        return problem_response(self.status, self.code, errors, detail=self.detail, headers=self.headers)


def invalid(*problems: Problem) -> Refused:
    """Return the refusal of a request that is not valid."""
    return Refused(HTTPStatus.BAD_REQUEST, INVALID, *problems)


def rejection_response(answer: Mapping[str, Any]) -> Response[str]:
    """Return the problem document of a rejected change: with its whole answer, so with every reason."""
    code = _decisive({error["code"] for error in answer["errors"]})
    more = {name: value for name, value in answer.items() if name != "errors"}
    return problem_response(STATUSES[code], code, answer["errors"], more)


def _decisive(codes: set[str]) -> str:
    # Any code that is not of the tables' state is of the request itself.
    if codes - STATUSES.keys() and "change_id_reused" not in codes:
        return INVALID
    return next((code for code in STATUSES if code in codes), REJECTED)


def problem_response(  # noqa: PLR0913 - what a document says, mostly by keyword
    status: HTTPStatus,
    code: str,
    errors: Sequence[Mapping[str, str]],
    more: Mapping[str, Any] | None = None,
    *,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """Return a problem document with a list of errors, each ``{code, path, message}``."""
    document: dict[str, Any] = {
        "type": f"urn:registrar:problem:{code}",
        "title": TITLES[code],
        "status": status.value,
        "detail": detail or "; ".join(f"{e['path']} {e['message']}".strip() for e in errors) or TITLES[code],
        "errors": list(errors),
        **(more or {}),
    }
    body = json.dumps(document, ensure_ascii=False)
    return Response(status.value, MEDIA_TYPE, body, {**NEVER_STORED, **(headers or {})})
