"""The standard streams: written as UTF-8, and ended silently when their reader has closed them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from registrar_client.command.exit_codes import ExitCode


def use_utf8() -> None:
    """Write UTF-8 to files and pipes, and to a terminal what it can show; to a closed stream nothing."""
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - to the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


@contextmanager
def written() -> Iterator[None]:
    """Write all output in the end; exit silently when its reader has closed it, as other programs do."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        sys.exit(ExitCode.BROKEN_PIPE)


def drop_output() -> None:
    """Discard what stdout does not accept because its disk is full or its reader has closed it."""
    try:
        sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
