# client.py is generated from this file: run `make docs` after a change.
"""The client for asyncio."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar

import httpx

from registrar_client import calls, upload
from registrar_client.calls import Call, Page
from registrar_client.errors import NotFound, NotReached, StillRunning
from registrar_client.models import Attributes, Change, Import, ImportOptions, Record, Stats, User

T = TypeVar("T")


class AsyncRegistrarClient:
    """Changes users and reads them, over HTTP.

    Every change is sent with a change_id as its idempotency key, so that it can be retried and takes effect
    once. Each method raises ``NotReached``, ``UnexpectedAnswer`` or a subclass of ``ApiProblem``.

    Args:
        base_url: the stack's output ``ApiUrl``; a ValueError when it is no URL.
        auth: ``SigV4(…)`` or ``Token(…)``.
        attempts: how often a call is made in all before its failure is raised.
        timeout: seconds, of one attempt.
    """

    def __init__(
        self,
        base_url: str,
        auth: httpx.Auth | None = None,
        *,
        attempts: int = 4,
        timeout: float = calls.TIMEOUT_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = calls.base_of(base_url)
        self._retry = calls.retry(attempts)
        self._http = httpx.AsyncClient(auth=auth, timeout=timeout, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def create(
        self,
        attributes: Attributes,
        user_id: str | None = None,
        *,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> Change:
        """Create a user; without a user_id it gets one that is derived from the change_id."""
        return await self._send(calls.change("create", user_id, attributes, None, reason, change_id))

    async def update(
        self,
        user_id: str,
        attributes: Attributes,
        *,
        expected_version: int | None = None,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> Change:
        """Update a user; None removes an attribute. A stale expected_version raises ``VersionConflict``."""
        call = calls.change("update", user_id, attributes, expected_version, reason, change_id)
        return await self._send(call)

    async def delete(
        self,
        user_id: str,
        *,
        expected_version: int | None = None,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> Change:
        """Delete a user; its audit records stay."""
        return await self._send(calls.change("delete", user_id, None, expected_version, reason, change_id))

    async def start(  # noqa: PLR0913 - the fields of a change
        self,
        action: str,
        user_id: str | None = None,
        attributes: Attributes | None = None,
        *,
        expected_version: int | None = None,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> str:
        """Start a change and return its change_id; ``wait_for`` returns its outcome."""
        call = calls.change(action, user_id, attributes, expected_version, reason, change_id)
        return await self._send(calls.start(call))

    async def change(self, change_id: str) -> Change | None:
        """Return the outcome of a change, APPLIED or REJECTED; None while it runs."""
        return await self._send(calls.decided(change_id))

    async def wait_for(self, change_id: str, timeout: float = 60.0) -> Change:
        """Wait for a change and return its outcome.

        Args:
            change_id: of a change that was started.
            timeout: seconds.

        Raises:
            StillRunning: it was not decided before the timeout.
            NotFound: no change has this id.
        """
        deadline = time.monotonic() + timeout
        known_by = time.monotonic() + min(timeout, calls.UNKNOWN_SECONDS)
        while (decided := await self._known(calls.decided(change_id), known_by)) is None:
            if time.monotonic() > deadline:
                raise StillRunning(change_id)
            await asyncio.sleep(calls.POLL_SECONDS)
        return decided

    async def get(self, user_id: str) -> User:
        """Return a live user."""
        return await self._send(calls.get(user_id))

    async def find(self, *, email: str | None = None, username: str | None = None) -> User | None:
        """Return the live user that holds an e-mail address or username; None when there is none."""
        return await self._send(calls.find(email, username))

    def list(
        self, status: str = "active", *, updated_after: datetime | None = None, page_size: int = 50
    ) -> AsyncIterator[User]:
        """Yield the users with a status in the order of their newest change, reading page by page."""
        return self._pages(lambda cursor: calls.users(status, updated_after, page_size, cursor))

    async def list_page(
        self,
        status: str = "active",
        *,
        updated_after: datetime | None = None,
        page_size: int = 50,
        cursor: str | None = None,
    ) -> Page[User]:
        """Return one page of what ``list`` yields, with the time up to which the listing is complete.

        To follow changes, read all pages, then start again with ``updated_after`` set to their
        ``complete_until``. Users changed in the last minute are repeated, with the same ``version``.
        """
        return await self._send(calls.users(status, updated_after, page_size, cursor))

    def history(self, user_id: str, *, page_size: int = 50) -> AsyncIterator[Record]:
        """Yield a user's audit records, oldest first, reading page by page."""
        return self._pages(lambda cursor: calls.history(user_id, page_size, cursor))

    async def upload(self, file: Path, form: str | None = None) -> str:
        """Upload a file to be imported; return its key.

        Args:
            file: is read block by block.
            form: ``csv`` or ``jsonl``; by the file name's extension when left out.

        Raises:
            FileChanged: its size changed while it was sent.
        """
        form = upload.format_of(file, form)
        with file.open("rb") as content:
            size = upload.size_of(content)
            target = await self._send(calls.upload(form, size))
            headers = {"Content-Length": str(size)}

            def put() -> Awaitable[httpx.Response]:
                blocks = upload.async_blocks(content, size)
                return self._http.request("PUT", target.url, content=blocks, headers=headers, auth=None)

            upload.check_answer(await self._retried(put, upload.host_of(target.url)))
        return target.key

    async def start_import(self, options: ImportOptions, *, import_id: str | None = None) -> str:
        """Start an import and return its import_id; ``follow_import`` yields its progress."""
        return await self._send(calls.start_import(options, import_id))

    async def import_status(self, import_id: str) -> Import:
        """Return the progress of an import, and its result once it has ended."""
        return await self._send(calls.import_status(import_id))

    async def follow_import(self, import_id: str) -> AsyncIterator[Import]:
        """Yield the progress of an import every second until it has ended; the last one has its result."""
        known_by = time.monotonic() + calls.UNKNOWN_SECONDS
        while True:
            status = await self._known(calls.import_status(import_id), known_by)
            if status is not None:
                yield status
                if status.status != "RUNNING":
                    return
            await asyncio.sleep(calls.IMPORT_POLL_SECONDS)

    async def download(self, url: str) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a report, block by block."""
        try:
            async with self._http.stream("GET", url, auth=None) as response:
                if not response.is_success:
                    raise calls.report_expired(response.status_code)
                async for block in response.aiter_bytes(upload.BLOCK_BYTES):
                    yield block
        except httpx.RequestError as error:
            raise NotReached(f"the download of the report failed: {error}") from error

    async def stats(self, days: int = 7) -> Stats:
        """Return the users by status, and the changes of the last days, today (UTC) included."""
        return await self._send(calls.stats(days))

    async def healthy(self) -> bool:
        """Return whether the API is healthy."""
        return await self._send(calls.health())

    async def _pages(self, call_of: calls.PageCall[T]) -> AsyncIterator[T]:
        cursor: str | None = None
        while True:
            page = await self._send(call_of(cursor))
            for item in page.items:
                yield item
            if (cursor := page.cursor) is None:
                return

    async def _known(self, call: Call[T], known_by: float) -> T | None:
        """Send a call about what was just started; return None while that is not visible yet."""
        try:
            return await self._send(call)
        except NotFound:
            if time.monotonic() > known_by:
                raise
            return None

    async def _send(self, call: Call[T]) -> T:
        def request() -> Awaitable[httpx.Response]:
            url = call.url(self._base_url)
            return self._http.request(call.method, url, headers=dict(call.headers), json=call.body)

        return call.answered(await self._retried(request, self._base_url))

    async def _retried(self, request: Callable[[], Awaitable[httpx.Response]], where: str) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            try:
                response = await request()
            except httpx.RequestError as error:
                pause = self._retry.pause(attempt)
                if pause is None:
                    raise NotReached(f"{where} cannot be reached: {error}") from error
            else:
                pause = calls.pause_after(response, attempt, self._retry)
                if pause is None:
                    return response
            await asyncio.sleep(pause)
