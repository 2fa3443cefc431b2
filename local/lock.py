"""A lock: one command at a time for a directory of the local AWS."""

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
from local.errors import LocalAwsError
from local.processes import Process

LOCK: Final = "lock"
WAIT_SECONDS: Final = 60
"""How long a command that is asked to end may take to stop what it has started."""


class Busy(LocalAwsError):  # noqa: N818 - a state, not a fault
    """Another command works in this directory; `holder` is its process."""

    def __init__(self, holder: Process, directory: Path) -> None:
        who = f"`make {holder.what}` (process {holder.pid})" if holder.pid else "another command"
        super().__init__(f"{who} is at work in {directory}: wait for it, or end it with `make down`")
        self.holder = holder


@contextmanager
def held(directory: Path, what: str) -> Iterator[None]:
    """Hold the directory's lock for `make {what}`; the system releases it when this process ends.

    Raises:
        Busy: another process holds it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(_holder(file), directory) from None
        file.truncate(0)
        file.write(json.dumps(asdict(Process(os.getpid(), processes.start_of(os.getpid()) or "", what))))
        file.flush()
        yield
        file.truncate(0)


@contextmanager
def taken_over(directory: Path, what: str) -> Iterator[Process | None]:
    """Hold the directory's lock, after ending the command that holds it: SIGTERM, then SIGKILL.

    Yields:
        The command that was ended, None if there was none.

    Raises:
        Busy: the command still holds it after a minute.
        LocalAwsError: the command cannot be killed.
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
                    # It stops by itself what it has started.
                    processes.end(ended, WAIT_SECONDS, alone=True)
            time.sleep(processes.POLL_SECONDS)
        yield ended


def _holder(file: IO[str]) -> Process:
    """Return the process that holds the lock, with id 0 if it has not written its id yet."""
    file.seek(0)
    try:
        return Process(**json.loads(file.read()))
    except ValueError:
        return Process(0, "", "")
