"""The signals that end a command: raised as an exception, or deferred while work must be finished."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

ENDING: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
"""A closed terminal, Ctrl-C, and `kill`."""


class Ended(BaseException):
    """A signal asks this process to end; `finally` and `with` blocks stop what it has started."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number
        """The exit status by which a shell recognizes the signal."""


class _Arrivals:
    depth = 0
    waiting: int | None = None


def install() -> None:
    """Let each of the signals raise `Ended`, except those ignored because of `nohup` or a shell's `&`."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _arrive)


@contextmanager
def deferred() -> Iterator[None]:
    """Defer signals until the block ends, so that it completes the start or the stop of a process."""
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
