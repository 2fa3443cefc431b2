"""Progress for a person."""

import sys
from contextlib import suppress


def say(text: str) -> None:
    """Print a line of progress at once, beside the output proper; a terminal may be gone."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
