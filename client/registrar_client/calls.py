"""The calls of the API: what is sent, how an answer is read, and when a call is retried."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

import httpx

from registrar_client.errors import ApiProblem, InvalidRequest, NotFound, UnexpectedAnswer, problem_of
from registrar_client.models import Attributes, Change, Import, ImportOptions, Record, Stats, Upload, User
from registrar_client.retry import Retry

T = TypeVar("T")

RETRYABLE: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses that are retried: safe, since a read changes nothing and every change has an idempotency key."""

DELAY_SECONDS: Final = 0.4
DELAY_MAX_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.2
IMPORT_POLL_SECONDS: Final = 1.0
UNKNOWN_SECONDS: Final = 5.0
"""How long what was just started may be unknown: Step Functions is eventually consistent."""

TIMEOUT_SECONDS: Final = 35.0
"""Longer than API Gateway's own timeout of 30 seconds, so that its answer is received."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request and how its answer is read."""

    method: str
    path: str
    read: Callable[[Any], T]
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    def url(self, base: str) -> str:
        """Return the whole URL, encoded as SigV4 requires: a space is %20."""
        query = urlencode(self.parameters, quote_via=quote, safe="")
        return f"{base.rstrip('/')}{self.path}" + (f"?{query}" if query else "")

    def answered(self, response: httpx.Response) -> T:
        """Read an answer.

        Raises:
            ApiProblem: the API refused the request, or failed.
            UnexpectedAnswer: it does not come from Registrar.
        """
        try:
            content = response.json()
        except (ValueError, RecursionError):
            content = None
        if not response.is_success:
            raise problem_of(response.status_code, content if isinstance(content, dict) else {})
        if isinstance(content, dict):
            # A proxy, a login page or another API may answer anything.
            with suppress(LookupError, TypeError, ValueError, AttributeError):
                return self.read(content)
        where = f"{response.request.url.scheme}://{response.request.url.netloc.decode()}"
        raise UnexpectedAnswer(f"{where} does not answer as Registrar does: is it the stack's ApiUrl?")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a listing.

    Attributes:
        cursor: asks for the next page; None on the last one.
        complete_until: in a listing of users: its pages together contain every user whose newest change was
            recorded at or before this time. To poll, pass it as the next ``updated_after``.
    """

    items: tuple[T, ...]
    cursor: str | None
    complete_until: datetime | None = None


PageCall = Callable[[str | None], Call[Page[T]]]
"""Makes the call for a page from the cursor of the previous one."""


def retry(attempts: int) -> Retry:
    """Return how calls are retried."""
    return Retry(attempts, DELAY_SECONDS, DELAY_MAX_SECONDS)


def pause_after(response: httpx.Response, attempt: int, retry: Retry) -> float | None:
    """Return the seconds before the call is retried, at least its Retry-After; None when it is final."""
    if response.status_code not in RETRYABLE:
        return None
    asked = response.headers.get("Retry-After", "")
    return retry.pause(attempt, float(asked) if asked.isdecimal() else 0.0)


def base_of(url: str) -> str:
    """Return an API's base URL unchanged.

    Raises:
        ValueError: it is no URL of http or https, or it has a query or a fragment.
    """
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        found = httpx.URL()
    if found.scheme not in ("http", "https") or not found.host or found.query or found.fragment:
        raise ValueError(f"{url!r} is no URL such as https://….execute-api.eu-west-1.amazonaws.com")
    return url


def change(  # noqa: PLR0913, PLR0917 - the fields of a change
    action: str,
    user_id: str | None,
    attributes: Attributes | None,
    expected_version: int | None,
    reason: str | None,
    change_id: str | None,
) -> Call[Change]:
    """Return the call that runs a change; without a change_id it gets a new one, kept when it is retried."""
    given = {
        "user_id": user_id,
        "attributes": attributes,
        "expected_version": expected_version,
        "reason": reason,
    }
    body = {name: value for name, value in given.items() if value is not None}
    headers = {"Idempotency-Key": change_id or uuid.uuid4().hex}
    if action == "create":
        # Only this route makes a user_id when none is given.
        return Call("POST", "/users", Change.from_json, headers=headers, body=body)
    return Call("POST", "/changes", Change.from_json, headers=headers, body={"action": action, **body})


def start(call: Call[Change]) -> Call[str]:
    """Return the call that starts a change without waiting for it; its answer is the change_id."""
    headers = {**call.headers, "Prefer": "respond-async"}
    return Call(call.method, call.path, _field("change_id"), headers=headers, body=call.body)


def decided(change_id: str) -> Call[Change | None]:
    """Return the call that reads the outcome of a change; its answer is None while the change runs."""

    def read(content: Any) -> Change | None:  # noqa: ANN401 - JSON
        return None if content.get("status") == "RUNNING" else Change.from_json(content)

    return Call("GET", f"/changes/{_segment('change_id', change_id)}", read)


def get(user_id: str) -> Call[User]:
    """Return the call that reads a user."""
    return Call("GET", f"/users/{_segment('user_id', user_id)}", User.from_json)


def find(email: str | None, username: str | None) -> Call[User | None]:
    """Return the call that looks up a user by its e-mail address or username, whichever is given."""

    def first(content: Any) -> User | None:  # noqa: ANN401 - JSON
        return User.from_json(content["users"][0]) if content["users"] else None

    given = {"email": email, "username": username}
    return Call("GET", "/users", first, {kind: name for kind, name in given.items() if name is not None})


def users(status: str, updated_after: datetime | None, limit: int, cursor: str | None) -> Call[Page[User]]:
    """Return the call that reads a page of the users with a status."""
    parameters = {"status": status, **_page(limit, cursor)}
    if updated_after is not None:
        parameters["updated_after"] = _rfc3339(updated_after)

    def page(content: Any) -> Page[User]:  # noqa: ANN401 - JSON
        until = content.get("complete_until")
        found = tuple(map(User.from_json, content["users"]))
        return Page(found, content["next"], datetime.fromisoformat(until) if until else None)

    return Call("GET", "/users", page, parameters)


def history(user_id: str, limit: int, cursor: str | None) -> Call[Page[Record]]:
    """Return the call that reads a page of a user's audit records."""
    return Call(
        "GET",
        f"/users/{_segment('user_id', user_id)}/history",
        lambda content: Page(tuple(map(Record.from_json, content["records"])), content["next"]),
        _page(limit, cursor),
    )


def upload(form: str, size: int) -> Call[Upload]:
    """Return the call that asks for the signed URL to upload a file of this size, in bytes."""
    return Call("POST", "/uploads", Upload.from_json, body={"format": form, "bytes": size})


def report_expired(status: int) -> ApiProblem:
    """Return the exception for a report whose signed URL has expired."""
    return NotFound(status, {"detail": "the URL of the report has expired: read the import again"})


def start_import(options: ImportOptions, import_id: str | None) -> Call[str]:
    """Return the call that starts an import; its answer is the import_id."""
    headers = {"Idempotency-Key": import_id or uuid.uuid4().hex}
    return Call("POST", "/imports", _field("import_id"), headers=headers, body=options.as_json())


def import_status(import_id: str) -> Call[Import]:
    """Return the call that reads the progress of an import."""
    return Call("GET", f"/imports/{_segment('import_id', import_id)}", Import.from_json)


def stats(days: int) -> Call[Stats]:
    """Return the call that reads the counts."""
    return Call("GET", "/stats", Stats.from_json, {"days": str(days)})


def health() -> Call[bool]:
    """Return the call that asks whether the API is healthy."""
    return Call("GET", "/health", lambda content: content["status"] == "ok")


def _field(name: str) -> Callable[[Any], str]:
    return lambda content: str(content[name])


def _rfc3339(moment: datetime) -> str:
    """Return a time as text; one without a time zone is local."""
    aware = moment if moment.tzinfo else moment.astimezone()
    # In UTC: the local offset of a distant year may have seconds, which RFC 3339 does not allow. A time that
    # is outside the years 1 to 9999 in UTC is sent as it is, for the API to refuse.
    with suppress(OverflowError):
        aware = aware.astimezone(UTC)
    return aware.isoformat()


def _page(limit: int, cursor: str | None) -> dict[str, str]:
    return {"limit": str(limit)} if cursor is None else {"limit": str(limit), "cursor": cursor}


def _segment(name: str, text: str) -> str:
    """Return an id as one segment of a path.

    Raises:
        InvalidRequest: it cannot be one. HTTP clients resolve dot segments (RFC 3986, 5.2.4), and API Gateway
            decodes an encoded slash, so either would reach another resource.
    """
    if text in ("", ".", "..") or "/" in text:
        what = "be empty" if not text else "contain a slash" if "/" in text else f"be {text}"
        reason = {"code": "not_allowed", "path": f"/{name}", "message": f"{name} must not {what}"}
        raise InvalidRequest(400, {"detail": reason["message"], "errors": [reason]})
    return quote(text, safe=":@")
