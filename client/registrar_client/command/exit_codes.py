"""The statuses with which the command ends, for shells and programs."""

import signal
from enum import IntEnum


class ExitCode(IntEnum):
    """How the command ended."""

    DONE = 0
    """The command succeeded."""

    NO = 1
    """The answer is no: a change is rejected, nothing is found, rows are not applied, a check fails."""

    FAILED = 2
    """There is no answer: options are wrong, a file or the network fails, or AWS refuses."""

    INTERRUPTED = 128 + signal.SIGINT
    """Ctrl-C."""

    BROKEN_PIPE = 128 + signal.SIGPIPE
    """The reader of stdout has closed it, as `head` does."""


def of_signal(number: int) -> int:
    """Return the status of a process that a signal has ended, as shells report it."""
    return 128 + number
