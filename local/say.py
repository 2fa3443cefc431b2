"""Messages to the user, on stderr; stdout has a command's output only."""

import sys
from contextlib import suppress
from typing import Final

FAILED: Final = 1
"""The exit status of a command that failed; one that a signal ended has `signals.Ended.status`.

Not one of the client's, where 1 is an answer; and signals must be handled before the client is imported."""


def say(text: str) -> None:
    """Print a line to stderr at once, even if the terminal is closed."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def fail(error: object) -> int:
    """Print why a command failed; return its exit status."""
    say(f"error: {error}")
    return FAILED
