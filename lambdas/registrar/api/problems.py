"""Problem documents (RFC 9457): the bodies of refused requests."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from registrar.api.models import ChangeAnswer, ProblemDocument, ProblemEntry
from registrar.api.responses import json_response
from registrar.domain.errors import Problem

MEDIA_TYPE: Final = "application/problem+json"

INVALID: Final = "invalid_request"
REJECTED: Final = "rejected"
"""Of a rejection whose reasons are not recorded any more."""
KINDS: Final[Mapping[str, tuple[HTTPStatus, str]]] = {
    # The reasons of a rejection, the most basic first: the first one that is there gives the status.
    INVALID: (HTTPStatus.BAD_REQUEST, "The request is not valid"),
    "change_id_reused": (HTTPStatus.CONFLICT, "This change_id was used for another request"),
    "user_not_found": (HTTPStatus.NOT_FOUND, "There is no such user"),
    "user_exists": (HTTPStatus.CONFLICT, "There is a user with this user_id"),
    "version_conflict": (HTTPStatus.PRECONDITION_FAILED, "The user has changed in the meantime"),
    "name_taken": (HTTPStatus.CONFLICT, "Another user holds this name"),
    REJECTED: (HTTPStatus.CONFLICT, "The change was rejected"),
    # No rejection has the following.
    "import_id_reused": (HTTPStatus.CONFLICT, "This import_id was used for another import"),
    "not_found": (HTTPStatus.NOT_FOUND, "There is nothing here"),
    "method_not_allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "This method is not allowed here"),
    "payload_too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large"),
    "unsupported_media_type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not JSON"),
    "unknown_caller": (HTTPStatus.FORBIDDEN, "The caller is not known"),
    "unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "This could not be answered in time"),
    "internal_error": (HTTPStatus.INTERNAL_SERVER_ERROR, "This could not be answered"),
}
"""The kinds of problems, by the code in their ``type``: status and title."""


class Refused(Exception):  # noqa: N818 - what happened, not who is at fault
    """A request that is answered with a problem document and changes nothing."""

    def __init__(
        self,
        code: str,
        *problems: Problem,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.problems = problems
        self.detail = detail
        self.headers = headers or {}
        super().__init__(code)

    def response(self) -> Response[str]:
        """Return the response."""
        errors = [ProblemEntry(**problem.as_json()) for problem in self.problems]
        return _response(self.code, errors, self.detail, headers=self.headers)


def invalid(*problems: Problem) -> Refused:
    """Return the refusal of a request that is not valid."""
    return Refused(INVALID, *problems)


def rejection_response(answer: ChangeAnswer) -> Response[str]:
    """Return the problem document of a rejected change: with its whole answer, so with every reason."""
    code = _decisive({error.code for error in answer.errors})
    return _response(code, answer.errors, more=answer.model_dump(exclude={"errors"}))


def _decisive(codes: set[str]) -> str:
    # A code that is not in KINDS comes from the validation of the request.
    if codes - KINDS.keys() and "change_id_reused" not in codes:
        return INVALID
    return next((code for code in KINDS if code in codes), REJECTED)


def _response(
    code: str,
    errors: list[ProblemEntry],
    detail: str | None = None,
    *,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    status, title = KINDS[code]
    reasons = "; ".join(f"{error.path} {error.message}".strip() for error in errors)
    document = ProblemDocument(
        type=f"urn:registrar:problem:{code}",
        title=title,
        status=status.value,
        detail=detail or reasons or title,
        errors=errors,
        **(more or {}),
    )
    return json_response(status, document, headers, media_type=MEDIA_TYPE)
