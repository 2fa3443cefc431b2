"""The exceptions of the client, with one for each problem that the API names."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from registrar_client.models import Problem


class RegistrarError(Exception):
    """The base of everything that this client raises."""


class NotReached(RegistrarError):  # noqa: N818 - what happened
    """The API could not be reached, or did not answer in time; a change may or may not have taken effect.

    To find out, send it again with the same change_id: it takes effect once.
    """


class UnexpectedAnswer(RegistrarError):  # noqa: N818 - what happened
    """The answer does not come from Registrar, but from a proxy, a login page or another API."""


class FileChanged(RegistrarError):  # noqa: N818 - what happened
    """The size of a file changed while it was uploaded."""


class StillRunning(RegistrarError):  # noqa: N818 - what happened
    """A change was not decided before the timeout."""


class ApiProblem(RegistrarError):  # noqa: N818 - what happened
    """The API refused the request, or failed, with a problem document (RFC 9457).

    Attributes:
        status: the HTTP status.
        code: the last part of the document's type, such as ``name_taken``.
        problems: all of the reasons, each with its path.
        document: the whole document.
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(document.get("type", "")).rpartition(":")[2]
        self.problems = tuple(_problems(document.get("errors")))
        self.document = document
        super().__init__(str(document.get("detail") or document.get("message") or f"HTTP status {status}"))


def _problems(errors: Any) -> Iterator[Problem]:  # noqa: ANN401 - JSON
    # API Gateway's own errors have another form.
    for each in errors if isinstance(errors, list) else ():
        if isinstance(each, dict) and {"code", "path", "message"} <= each.keys():
            yield Problem.from_json(each)


class InvalidRequest(ApiProblem):
    """The request is not valid; ``problems`` has all of the reasons."""


class Forbidden(ApiProblem):
    """The request has no valid signature or token, or its caller lacks the permission."""


class NotFound(ApiProblem):
    """There is no such resource."""


class UserNotFound(NotFound):
    """No live user has this id."""


class UserExists(ApiProblem):
    """A live user has this id already."""


class NameTaken(ApiProblem):
    """Another live user holds the username or e-mail address."""


class ChangeIdReused(ApiProblem):
    """The change_id was used for a change with other content."""


class ImportIdReused(ApiProblem):
    """The import_id was used for another import."""


class VersionConflict(ApiProblem):
    """The user is not at the expected version."""


class TooManyRequests(ApiProblem):
    """The API throttles the requests."""


class Unavailable(ApiProblem):
    """The API failed or timed out; to retry with the same change_id is safe."""


_BY_CODE: Final[Mapping[str, type[ApiProblem]]] = {
    "invalid_request": InvalidRequest,
    "unknown_caller": Forbidden,
    "not_found": NotFound,
    "user_not_found": UserNotFound,
    "user_exists": UserExists,
    "name_taken": NameTaken,
    "change_id_reused": ChangeIdReused,
    "import_id_reused": ImportIdReused,
    "version_conflict": VersionConflict,
    "payload_too_large": InvalidRequest,
    "unavailable": Unavailable,
    "internal_error": Unavailable,
}
# For API Gateway's own errors.
_BY_STATUS: Final[Mapping[int, type[ApiProblem]]] = {
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    413: InvalidRequest,
    429: TooManyRequests,
    500: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def problem_of(status: int, document: Mapping[str, Any]) -> ApiProblem:
    """Return the exception for an answer with a status of 400 or more."""
    code = str(document.get("type", "")).rpartition(":")[2]
    return (_BY_CODE.get(code) or _BY_STATUS.get(status) or ApiProblem)(status, document)
