"""The standard streams: written as UTF-8, and ended without a word when their reader has left."""

import os
import sys
from typing import Any


def speak_utf8() -> None:
    """Write UTF-8 to files and pipes, and to a terminal what it can show; to a closed stream nothing."""
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - to the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def drop_output() -> None:
    """Let go nowhere what a stdout does not take that is full, or whose reader has left."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
