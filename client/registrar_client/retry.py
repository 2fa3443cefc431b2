"""How often something is attempted, and how long to wait in between."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Retry:
    """Exponential backoff with full jitter.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Attributes:
        attempts: how many there are in all.
        first_seconds: the longest pause after the first attempt; it doubles with each one.
        max_seconds: the longest pause of all.
    """

    attempts: int
    first_seconds: float
    max_seconds: float

    def pause(self, attempt: int, at_least: float = 0.0) -> float | None:
        """Return the seconds to wait after an attempt (1 is the first), None when it was the last one.

        ``at_least`` counts up to ``max_seconds``; the jitter is added to it.
        """
        if attempt >= self.attempts:
            return None
        longest = min(self.first_seconds * 2 ** (attempt - 1), self.max_seconds)
        return min(at_least, self.max_seconds) + random.uniform(0, longest)  # noqa: S311 - no secret
