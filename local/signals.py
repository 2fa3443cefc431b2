"""The signals that end a command: taken where they may interrupt, put off where work must be finished."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

ENDING: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
"""A closed terminal, Ctrl-C, and a polite kill."""


class Ended(BaseException):
    """A signal asks this process to end; what was started is stopped on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number
        """The exit status that tells a shell of the signal."""


class _Arrivals:
    depth = 0
    waiting: int | None = None


def install() -> None:
    """Let each of the signals raise `Ended`, but for those that `nohup` or a shell's `&` has switched off."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _arrive)


@contextmanager
def deferred() -> Iterator[None]:
    """Put off what arrives until the block is done: it starts and notes a process, or stops one."""
    _Arrivals.depth += 1
    try:
        yield
    finally:
        _Arrivals.depth -= 1
        number = _Arrivals.waiting
        if number is not None and not _Arrivals.depth:
            _Arrivals.waiting = None
            raise Ended(number)


def _arrive(number: int, _frame: FrameType | None) -> None:
    if _Arrivals.depth:
        _Arrivals.waiting = number
    else:
        raise Ended(number)
