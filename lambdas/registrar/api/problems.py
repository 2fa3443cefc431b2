"""Problem documents (RFC 9457): the bodies of refused requests."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from registrar.api.models import ChangeAnswer, ProblemDocument, ProblemEntry
from registrar.api.responses import json_response
from registrar.domain.errors import Problem

MEDIA_TYPE: Final = "application/problem+json"

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
    "unknown_caller": "The caller is not known",
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
        """Return the response."""
        errors = [ProblemEntry(**problem.as_json()) for problem in self.problems]
        document = _document(self.status, self.code, errors, self.detail)
        return json_response(self.status, document, self.headers, media_type=MEDIA_TYPE)


def invalid(*problems: Problem) -> Refused:
    """Return the refusal of a request that is not valid."""
    return Refused(HTTPStatus.BAD_REQUEST, INVALID, *problems)


def rejection_response(answer: ChangeAnswer) -> Response[str]:
    """Return the problem document of a rejected change: with its whole answer, so with every reason."""
    code = _decisive({error.code for error in answer.errors})
    status = STATUSES[code]
    more = answer.model_dump(exclude={"errors"})
    document = ProblemDocument(
        **_document(status, code, answer.errors).model_dump(exclude_unset=True), **more
    )
    return json_response(status, document, media_type=MEDIA_TYPE)


def _decisive(codes: set[str]) -> str:
    # A code that is not in STATUSES comes from the validation of the request.
    if codes - STATUSES.keys() and "change_id_reused" not in codes:
        return INVALID
    return next((code for code in STATUSES if code in codes), REJECTED)


def _document(
    status: HTTPStatus, code: str, errors: list[ProblemEntry], detail: str | None = None
) -> ProblemDocument:
    reasons = "; ".join(f"{error.path} {error.message}".strip() for error in errors)
    return ProblemDocument(
        type=f"urn:registrar:problem:{code}",
        title=TITLES[code],
        status=status.value,
        detail=detail or reasons or TITLES[code],
        errors=errors,
    )
