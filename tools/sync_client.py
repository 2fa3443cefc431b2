"""Writes the synchronous client from the asynchronous one: the same code without async and await."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.generated import write_or_check

FOLDER: Final = Path(__file__).parents[1] / "client" / "registrar_client"
SOURCE: Final = FOLDER / "async_client.py"
TARGET: Final = FOLDER / "client.py"
NOTE: Final = "# client.py is generated from this file: run `make docs` after a change.\n"
HEADER: Final = (
    "# Generated from async_client.py by tools/sync_client.py: edit that file and run `make docs`.\n"
)

SYNCHRONOUS: Final = {
    NOTE: HEADER,
    "import asyncio\n": "",
    "asyncio.sleep": "time.sleep",
    "for asyncio": "for synchronous code",
    "async ": "",
    "await ": "",
    "AsyncGenerator[bytes, None]": "Generator[bytes, None, None]",
    "Awaitable[httpx.Response]": "httpx.Response",
    "Awaitable, ": "",
    "Async": "",
    "async_blocks": "blocks",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
}
"""What is written differently, in this order."""


def generated() -> str:
    """Return what must stand in the synchronous client."""
    text = SOURCE.read_text(encoding="utf-8")
    for asynchronous, synchronous in SYNCHRONOUS.items():
        text = text.replace(asynchronous, synchronous)
    return _ruff("format", text=_ruff("check", "--fix", "--unsafe-fixes", "--select=I,UP028", text=text))


def _ruff(*arguments: str, text: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "--stdin-filename", str(TARGET), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603


if __name__ == "__main__":
    sys.exit(write_or_check({TARGET: generated()}, sys.argv[1:]))
