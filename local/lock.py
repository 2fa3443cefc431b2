"""One command at a time for a directory of the local AWS."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final

from local import processes
from local.processes import Process

LOCK: Final = "lock"
WAIT_SECONDS: Final = 60
"""So long a command that was asked to end may take to stop what it has started."""


class Busy(Exception):  # noqa: N818 - what is the case, not who is at fault
    """Another command works on this directory; `holder` is its process."""

    def __init__(self, holder: Process) -> None:
        super().__init__(holder)
        self.holder = holder


@contextmanager
def held(directory: Path, what: str) -> Iterator[None]:
    """Hold the directory for a command; the system lets go of it however this process ends.

    Raises:
        Busy: another process holds it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(_holder(file)) from None
        file.truncate(0)
        file.write(json.dumps(asdict(Process(os.getpid(), processes.start_of(os.getpid()) or "", what))))
        file.flush()
        yield
        file.truncate(0)


@contextmanager
def taken_over(directory: Path, what: str) -> Iterator[Process | None]:
    """Hold the directory, after ending the command that holds it: politely, then for good.

    Yields:
        The command that was ended, None when nobody held it.

    Raises:
        Busy: it does not let go.
        TimeoutError: it cannot be killed.
    """
    ended: Process | None = None
    deadline = time.monotonic() + WAIT_SECONDS
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(held(directory, what))
                break
            except Busy as busy:
                if time.monotonic() > deadline:
                    raise
                if busy.holder.pid and busy.holder != ended:
                    ended = busy.holder
                    # Its own clean-up ends what it has started.
                    processes.end(ended, WAIT_SECONDS, alone=True)
            time.sleep(processes.POLL_SECONDS)
        yield ended


def _holder(file: IO[str]) -> Process:
    """Read who holds the lock; without an id when that is just about to be written."""
    file.seek(0)
    try:
        return Process(**json.loads(file.read()))
    except ValueError:
        return Process(0, "", "")
