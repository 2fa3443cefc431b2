"""The client, for code that waits."""

import time
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

import httpx

from registrar_client import calls
from registrar_client.calls import Call, Page, Retry
from registrar_client.errors import NotFound, NotReached, StillRunning
from registrar_client.models import Attributes, Change, Record, Stats, User

T = TypeVar("T")


class RegistrarClient:
    """Changes users and reads them, over HTTP.

    Every change is sent with a change_id, so that a try whose answer is lost is made again and takes effect
    once. Each method raises ``NotReached`` or one of the subclasses of ``ApiProblem``.

    Args:
        base_url: the stack's output ``ApiUrl``.
        auth: ``SigV4(…)`` or ``Token(…)``.
        attempts: so often a call is made before its failure is raised.
    """

    def __init__(
        self,
        base_url: str,
        auth: httpx.Auth | None = None,
        *,
        attempts: int = 4,
        timeout: float = calls.ANSWER_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base_url = base_url
        self._retry = Retry(attempts)
        self._http = httpx.Client(auth=auth, timeout=timeout, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def create(
        self,
        attributes: Attributes,
        user_id: str | None = None,
        *,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> Change:
        """Create a user; without a user_id it gets one that follows from the change_id."""
        return self._send(
            calls.change(
                "create", user_id, attributes, expected_version=None, reason=reason, change_id=change_id
            )
        )

    def update(
        self,
        user_id: str,
        attributes: Attributes,
        *,
        expected_version: int | None = None,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> Change:
        """Update a user; None removes an attribute. A stale expected_version raises ``VersionConflict``."""
        return self._send(
            calls.change(
                "update",
                user_id,
                attributes,
                expected_version=expected_version,
                reason=reason,
                change_id=change_id,
            )
        )

    def delete(
        self,
        user_id: str,
        *,
        expected_version: int | None = None,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> Change:
        """Delete a user; its trail stays."""
        return self._send(
            calls.change(
                "delete",
                user_id,
                None,
                expected_version=expected_version,
                reason=reason,
                change_id=change_id,
            )
        )

    def start(  # noqa: PLR0913 - what a change has
        self,
        action: str,
        user_id: str | None = None,
        attributes: Attributes | None = None,
        *,
        expected_version: int | None = None,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> str:
        """Start a change and return its change_id; ``wait_for`` tells what became of it."""
        call = calls.change(
            action,
            user_id,
            attributes,
            expected_version=expected_version,
            reason=reason,
            change_id=change_id,
        )
        return self._send(calls.start(call))

    def change(self, change_id: str) -> Change | None:
        """Return what became of a change, None while it runs. A rejected one is returned, too."""
        return self._send(calls.decided(change_id))

    def wait_for(self, change_id: str, timeout: float = 60.0) -> Change:
        """Return what became of a change as soon as it is decided.

        Raises:
            StillRunning: it was not in so many seconds.
            NotFound: nothing is known of it.
        """
        deadline = time.monotonic() + timeout
        patience = time.monotonic() + min(timeout, calls.UNKNOWN_SECONDS)
        while True:
            try:
                decided = self.change(change_id)
            except NotFound:
                if time.monotonic() > patience:
                    raise
                decided = None
            if decided is not None:
                return decided
            if time.monotonic() > deadline:
                raise StillRunning(change_id)
            time.sleep(calls.POLL_SECONDS)

    def get(self, user_id: str) -> User:
        """Return a live user."""
        return self._send(calls.get(user_id))

    def find(self, *, email: str | None = None, username: str | None = None) -> User | None:
        """Return the live user who holds a name, None when nobody does."""
        return self._send(calls.find(email, username))

    def list(
        self, status: str = "active", *, updated_after: datetime | None = None, page_size: int = 50
    ) -> Iterator[User]:
        """Yield the users of a status in the order of their newest change, page by page."""
        return self._pages(lambda cursor: calls.users(status, updated_after, page_size, cursor))

    def history(self, user_id: str, *, page_size: int = 50) -> Iterator[Record]:
        """Yield a user's audit records, oldest first, page by page."""
        return self._pages(lambda cursor: calls.history(user_id, page_size, cursor))

    def stats(self, days: int = 7) -> Stats:
        """Return users by status, and changes of so many days up to today, UTC."""
        return self._send(calls.stats(days))

    def healthy(self) -> bool:
        """Tell whether the API answers."""
        return self._send(calls.health())

    def _pages(self, call_of: calls.PageCall[T]) -> Iterator[T]:
        page: Page[T] = self._send(call_of(None))
        yield from page.items
        while page.cursor is not None:
            page = self._send(call_of(page.cursor))
            yield from page.items

    def _send(self, call: Call[T]) -> T:
        attempt = 0
        while True:
            attempt += 1
            try:
                response = self._http.request(
                    call.method, call.url(self._base_url), headers=dict(call.headers), json=call.body
                )
            except httpx.TransportError as error:
                pause = self._retry.pause(attempt, None)
                if pause is None:
                    raise NotReached(f"{self._base_url} cannot be reached: {error}") from error
            else:
                pause = self._retry.pause(attempt, response)
                if pause is None:
                    return call.answered(response)
            time.sleep(pause)
