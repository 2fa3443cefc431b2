"""The upload of a file to the import bucket: its format, its bytes, and the bucket's answer."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import IO, Final

import httpx

from registrar_client.errors import FileChanged, Unavailable

FORMATS: Final[Mapping[str, str]] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
BLOCK_BYTES: Final = 1024**2

_CODE: Final = re.compile(r"<Code>([A-Za-z0-9.]+)</Code>")


def format_of(file: Path, given: str | None) -> str:
    """Return the format of a file: the given one, or by the extension of its name.

    Raises:
        ValueError: none is given, and the extension is unknown.
    """
    form = given or FORMATS.get(file.suffix.lower())
    if form is None:
        raise ValueError(f"{file.name} does not end in {', '.join(FORMATS)}: name its format, csv or jsonl")
    return form


def size_of(file: IO[bytes]) -> int:
    """Return the number of bytes of an open file."""
    return file.seek(0, 2)


def blocks(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield a file's bytes block by block from its beginning: exactly ``size``, for which the URL is signed.

    Raises:
        FileChanged: the file has fewer or more by now.
    """
    if (now := size_of(file)) != size:
        raise _changed(size, f"{now:,}")
    file.seek(0)
    left = size
    while left:
        block = file.read(min(BLOCK_BYTES, left))
        if not block:
            raise _changed(size, f"{size - left:,}")
        left -= len(block)
        if not left and file.read(1):
            raise _changed(size, "more")
        yield block


async def async_blocks(file: IO[bytes], size: int) -> AsyncIterator[bytes]:
    """Yield the same blocks for asyncio; they are read in a thread."""
    read = blocks(file, size)
    while block := await asyncio.to_thread(next, read, None):
        yield block


def host_of(url: str) -> str:
    """Return the scheme and host of a signed URL: the rest is secret."""
    found = httpx.URL(url)
    return f"{found.scheme}://{found.netloc.decode()}"


def check_answer(response: httpx.Response) -> None:
    """Read the answer to an upload.

    Raises:
        Unavailable: the bucket refused it.
    """
    if not response.is_success:
        code = _CODE.search(response.text)
        reason = f"HTTP status {response.status_code}" + (f" {code[1]}" if code else "")
        detail = f"the import bucket refused the file ({reason}): start the import again"
        raise Unavailable(response.status_code, {"detail": detail})


def _changed(size: int, now: str) -> FileChanged:
    return FileChanged(f"the file had {size:,} bytes, but {now} when it was sent: send it again")
