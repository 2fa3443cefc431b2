"""The client, for asyncio: the same methods, awaited."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx

from registrar_client import calls, upload
from registrar_client.calls import Call, Page, Retry
from registrar_client.errors import NotFound, NotReached, StillRunning
from registrar_client.models import Attributes, Change, Import, ImportOptions, Record, Stats, User

T = TypeVar("T")


class AsyncRegistrarClient:
    """``RegistrarClient`` for asyncio."""

    def __init__(
        self,
        base_url: str,
        auth: httpx.Auth | None = None,
        *,
        attempts: int = 4,
        timeout: float = calls.ANSWER_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = calls.base_of(base_url)
        self._retry = Retry(attempts)
        self._http = httpx.AsyncClient(auth=auth, timeout=timeout, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def create(
        self,
        attributes: Attributes,
        user_id: str | None = None,
        *,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> Change:
        """Create a user; without a user_id it gets one that follows from the change_id."""
        return await self._send(
            calls.change(
                "create", user_id, attributes, expected_version=None, reason=reason, change_id=change_id
            )
        )

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
        return await self._send(
            calls.change(
                "update",
                user_id,
                attributes,
                expected_version=expected_version,
                reason=reason,
                change_id=change_id,
            )
        )

    async def delete(
        self,
        user_id: str,
        *,
        expected_version: int | None = None,
        reason: str | None = None,
        change_id: str | None = None,
    ) -> Change:
        """Delete a user; its trail stays."""
        return await self._send(
            calls.change(
                "delete",
                user_id,
                None,
                expected_version=expected_version,
                reason=reason,
                change_id=change_id,
            )
        )

    async def start(  # noqa: PLR0913 - what a change has
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
        return await self._send(calls.start(call))

    async def change(self, change_id: str) -> Change | None:
        """Return what became of a change, None while it runs. A rejected one is returned, too."""
        return await self._send(calls.decided(change_id))

    async def wait_for(self, change_id: str, timeout: float = 60.0) -> Change:
        """Return what became of a change as soon as it is decided.

        Raises:
            StillRunning: it was not in so many seconds.
            NotFound: nothing is known of it.
        """
        deadline = time.monotonic() + timeout
        patience = time.monotonic() + min(timeout, calls.UNKNOWN_SECONDS)
        while True:
            try:
                decided = await self.change(change_id)
            except NotFound:
                if time.monotonic() > patience:
                    raise
                decided = None
            if decided is not None:
                return decided
            if time.monotonic() > deadline:
                raise StillRunning(change_id)
            await asyncio.sleep(calls.POLL_SECONDS)

    async def get(self, user_id: str) -> User:
        """Return a live user."""
        return await self._send(calls.get(user_id))

    async def find(self, *, email: str | None = None, username: str | None = None) -> User | None:
        """Return the live user who holds a name, None when nobody does."""
        return await self._send(calls.find(email, username))

    def list(
        self, status: str = "active", *, updated_after: datetime | None = None, page_size: int = 50
    ) -> AsyncIterator[User]:
        """Yield the users of a status in the order of their newest change, page by page."""
        return self._pages(lambda cursor: calls.users(status, updated_after, page_size, cursor))

    async def list_page(
        self,
        status: str = "active",
        *,
        updated_after: datetime | None = None,
        page_size: int = 50,
        cursor: str | None = None,
    ) -> Page[User]:
        """Return one page of what ``list`` yields, with the time up to which the listing is whole.

        To follow changes, read all pages, then begin again with ``updated_after`` set to their
        ``complete_until``. Users of the last minute come again: ``user_id`` and ``version`` tell them.
        """
        return await self._send(calls.users(status, updated_after, page_size, cursor))

    def history(self, user_id: str, *, page_size: int = 50) -> AsyncIterator[Record]:
        """Yield a user's audit records, oldest first, page by page."""
        return self._pages(lambda cursor: calls.history(user_id, page_size, cursor))

    async def upload(self, file: Path, form: str | None = None) -> str:
        """Upload a file to be imported; return its key.

        Args:
            file: read a block at a time.
            form: ``csv`` or ``jsonl``; by the end of the file's name when left out.

        Raises:
            FileChanged: it had another size when it was sent.
        """
        form = upload.format_of(file, form)
        with file.open("rb") as content:
            size = upload.size_of(content)
            target = await self._send(calls.upload(form, size))
            headers = {"Content-Length": str(size)}

            async def blocks() -> AsyncIterator[bytes]:
                read = upload.blocks(content, size)
                while block := await asyncio.to_thread(next, read, None):
                    yield block

            async def put() -> httpx.Response:
                return await self._http.request(
                    "PUT", target.url, content=blocks(), headers=headers, auth=None
                )

            upload.check(await self._tried(put, upload.host_of(target.url)))
        return target.key

    async def start_import(self, options: ImportOptions, *, import_id: str | None = None) -> str:
        """Start an import and return its import_id; ``follow_import`` tells how far it is."""
        return await self._send(calls.start_import(options, import_id))

    async def import_status(self, import_id: str) -> Import:
        """Return how far an import is, and in the end how it went."""
        return await self._send(calls.import_status(import_id))

    async def follow_import(self, import_id: str) -> AsyncIterator[Import]:
        """Yield how far an import is, again and again, until it has ended."""
        patience = time.monotonic() + calls.UNKNOWN_SECONDS
        while True:
            try:
                status = await self.import_status(import_id)
            except NotFound:
                # AWS tells of a new execution a little later.
                if time.monotonic() > patience:
                    raise
            else:
                yield status
                if status.status != "RUNNING":
                    return
            await asyncio.sleep(calls.IMPORT_POLL_SECONDS)

    async def download(self, url: str) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a report, a block at a time."""
        try:
            async with self._http.stream("GET", url, auth=None) as response:
                if not response.is_success:
                    raise calls.gone(response.status_code)
                async for block in response.aiter_bytes(upload.BLOCK_BYTES):
                    yield block
        except httpx.RequestError as error:
            raise NotReached(f"the report broke off: {error}") from error

    async def stats(self, days: int = 7) -> Stats:
        """Return users by status, and changes of so many days up to today, UTC."""
        return await self._send(calls.stats(days))

    async def healthy(self) -> bool:
        """Tell whether the API answers."""
        return await self._send(calls.health())

    async def _pages(self, call_of: calls.PageCall[T]) -> AsyncIterator[T]:
        page: Page[T] = await self._send(call_of(None))
        for item in page.items:
            yield item
        while page.cursor is not None:
            page = await self._send(call_of(page.cursor))
            for item in page.items:
                yield item

    async def _send(self, call: Call[T]) -> T:
        return call.answered(
            await self._tried(
                lambda: self._http.request(
                    call.method, call.url(self._base_url), headers=dict(call.headers), json=call.body
                ),
                self._base_url,
            )
        )

    async def _tried(self, request: Callable[[], Awaitable[httpx.Response]], where: str) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            try:
                response = await request()
            except httpx.RequestError as error:
                pause = self._retry.pause(attempt, None)
                if pause is None:
                    raise NotReached(f"{where} cannot be reached: {error}") from error
            else:
                pause = self._retry.pause(attempt, response)
                if pause is None:
                    return response
            await asyncio.sleep(pause)
