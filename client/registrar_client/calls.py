"""The calls of the API: what is sent, how an answer is read, and when a call is made again."""

import random
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

import httpx

from registrar_client.errors import (
    ApiProblem,
    InvalidRequest,
    NotFound,
    UnexpectedAnswer,
    problem_of,
)
from registrar_client.models import (
    Attributes,
    Change,
    Import,
    ImportOptions,
    Record,
    Stats,
    Upload,
    User,
)

T = TypeVar("T")

AGAIN: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses that may be better the next time. Reads change nothing, and every change has a key."""

DELAY_SECONDS: Final = 0.2
DELAY_MAX_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.2
UNKNOWN_SECONDS: Final = 5.0
"""So long a change that was just started may be unknown: AWS tells of a new execution a little later."""

IMPORT_POLL_SECONDS: Final = 1.0

ANSWER_SECONDS: Final = 35.0
"""Longer than API Gateway waits, so that its answer is not missed."""


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
        """Return the whole URL, encoded as signatures want it: a space is %20."""
        query = urlencode(self.parameters, quote_via=quote, safe="")
        return f"{base.rstrip('/')}{self.path}" + (f"?{query}" if query else "")

    def answered(self, response: httpx.Response) -> T:
        """Read an answer.

        Raises:
            ApiProblem: it says no.
            UnexpectedAnswer: it is not one of Registrar's.
        """
        try:
            content = response.json()
        except (ValueError, RecursionError):
            content = None
        if not response.is_success:
            raise problem_of(response.status_code, content if isinstance(content, dict) else {})
        if isinstance(content, dict):
            # What answers in its place (a proxy, a login page, another API) may say anything.
            with suppress(LookupError, TypeError, ValueError, AttributeError):
                return self.read(content)
        where = f"{response.request.url.scheme}://{response.request.url.netloc.decode()}"
        raise UnexpectedAnswer(f"{where} does not answer as Registrar does: is it a stack's ApiUrl?")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of many, and the cursor of what follows, None at the end.

    Attributes:
        complete_until: of a listing of users: all of its pages together hold every user whose newest change
            was sealed at or before it. Whoever polls passes it as the next ``updated_after``.
    """

    items: tuple[T, ...]
    cursor: str | None
    complete_until: datetime | None = None


PageCall = Callable[[str | None], Call[Page[T]]]
"""Makes the call of a page from the cursor of the one before it."""


@dataclass(frozen=True)
class Retry:
    """How often a call is made in all, with full jitter between.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    attempts: int = 4

    def pause(self, attempt: int, response: httpx.Response | None) -> float | None:
        """Return the seconds before the next try, None for no more; no response means that none came."""
        if attempt >= self.attempts or (response is not None and response.status_code not in AGAIN):
            return None
        asked = response.headers.get("Retry-After", "") if response is not None else ""
        least = min(float(asked), DELAY_MAX_SECONDS) if asked.isdigit() else 0.0
        longest = min(DELAY_SECONDS * 2**attempt, DELAY_MAX_SECONDS)
        return least + random.uniform(0, longest)  # noqa: S311 - no secret


def base_of(url: str) -> str:
    """Return an API's address as it was given.

    Raises:
        ValueError: it is none.
    """
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        found = None
    if (
        found is None
        or found.scheme not in ("http", "https")
        or not found.host
        or found.query
        or found.fragment
    ):
        raise ValueError(f"{url!r} is no address such as https://….execute-api.eu-west-1.amazonaws.com")
    return url


def change(  # noqa: PLR0913 - what a change has
    action: str,
    user_id: str | None,
    attributes: Attributes | None,
    *,
    expected_version: int | None,
    reason: str | None,
    change_id: str | None,
) -> Call[Change]:
    """Return the call that runs a change; without a change_id it gets a new one, the same for every try."""
    given = {
        "user_id": user_id,
        "attributes": attributes,
        "expected_version": expected_version,
        "reason": reason,
    }
    body = {name: value for name, value in given.items() if value is not None}
    headers = {"Idempotency-Key": change_id or uuid.uuid4().hex}
    if action == "create":
        # This route finds a user_id where none is given.
        return Call("POST", "/users", Change.from_json, headers=headers, body=body)
    return Call("POST", "/changes", Change.from_json, headers=headers, body={"action": action, **body})


def start(call: Call[Change]) -> Call[str]:
    """Return the call that starts a change and does not wait; its answer is the change_id."""
    headers = {**call.headers, "Prefer": "respond-async"}
    return Call(
        call.method, call.path, lambda content: str(content["change_id"]), headers=headers, body=call.body
    )


def decided(change_id: str) -> Call[Change | None]:
    """Return the call that asks what became of a change; its answer is None while it runs."""

    def read(content: Any) -> Change | None:  # noqa: ANN401 - JSON
        return None if content.get("status") == "RUNNING" else Change.from_json(content)

    return Call("GET", f"/changes/{_segment('change_id', change_id)}", read)


def get(user_id: str) -> Call[User]:
    """Return the call that reads a user."""
    return Call("GET", f"/users/{_segment('user_id', user_id)}", User.from_json)


def find(email: str | None, username: str | None) -> Call[User | None]:
    """Return the call that looks a user up by the one of its names that is given."""

    def first(content: Any) -> User | None:  # noqa: ANN401 - JSON
        return User.from_json(content["users"][0]) if content["users"] else None

    given = {"email": email, "username": username}
    return Call("GET", "/users", first, {kind: name for kind, name in given.items() if name is not None})


def users(status: str, updated_after: datetime | None, limit: int, cursor: str | None) -> Call[Page[User]]:
    """Return the call that reads a page of the users of a status."""
    parameters = {"status": status, **_page(limit, cursor)}
    if updated_after is not None:
        parameters["updated_after"] = _rfc3339(updated_after)

    def page(content: Any) -> Page[User]:  # noqa: ANN401 - JSON
        until = content.get("complete_until")
        found = tuple(map(User.from_json, content["users"]))
        return Page(found, content["next"], datetime.fromisoformat(until) if until else None)

    return Call("GET", "/users", page, parameters)


def history(user_id: str, limit: int, cursor: str | None) -> Call[Page[Record]]:
    """Return the call that reads a page of a user's trail."""
    return Call(
        "GET",
        f"/users/{_segment('user_id', user_id)}/history",
        lambda content: Page(tuple(map(Record.from_json, content["records"])), content["next"]),
        _page(limit, cursor),
    )


def upload(form: str, size: int) -> Call[Upload]:
    """Return the call that asks where a file of so many bytes may be sent."""
    return Call("POST", "/uploads", Upload.from_json, body={"format": form, "bytes": size})


def gone(status: int) -> ApiProblem:
    """Return the exception for a report that is no longer to be had under its address."""
    return NotFound(status, {"detail": "the address of the report is no longer good; ask for a new one"})


def start_import(options: ImportOptions, import_id: str | None) -> Call[str]:
    """Return the call that starts an import; its answer is the import_id."""
    headers = {"Idempotency-Key": import_id or uuid.uuid4().hex}
    return Call(
        "POST",
        "/imports",
        lambda content: str(content["import_id"]),
        headers=headers,
        body=options.as_json(),
    )


def import_status(import_id: str) -> Call[Import]:
    """Return the call that asks how far an import is."""
    return Call("GET", f"/imports/{_segment('import_id', import_id)}", Import.from_json)


def stats(days: int) -> Call[Stats]:
    """Return the call that reads the counts."""
    return Call("GET", "/stats", Stats.from_json, {"days": str(days)})


def health() -> Call[bool]:
    """Return the call that asks whether the API answers."""
    return Call("GET", "/health", lambda content: content["status"] == "ok")


def _rfc3339(moment: datetime) -> str:
    """Return a moment as text; one without a zone is local."""
    aware = moment if moment.tzinfo else moment.astimezone()
    # In UTC: the local offset of a distant year may have seconds, which RFC 3339 does not know. What lies
    # outside of the years 1 to 9999 there is the API's to refuse.
    with suppress(OverflowError):
        aware = aware.astimezone(UTC)
    return aware.isoformat()


def _page(limit: int, cursor: str | None) -> dict[str, str]:
    return {"limit": str(limit)} if cursor is None else {"limit": str(limit), "cursor": cursor}


def _segment(name: str, text: str) -> str:
    """Return an id as a part of a path.

    Raises:
        InvalidRequest: no path can hold it. Dots are resolved on the way (RFC 3986, 5.2.4), and a gateway
            that decodes a slash asks for another resource.
    """
    if text in ("", ".", "..") or "/" in text:
        what = "be empty" if not text else "hold a slash" if "/" in text else f"be {text}"
        reason = {"code": "not_allowed", "path": f"/{name}", "message": f"{name} must not {what}"}
        raise InvalidRequest(400, {"detail": reason["message"], "errors": [reason]})
    return quote(text, safe=":@")
