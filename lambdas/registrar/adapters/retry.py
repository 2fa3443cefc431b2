"""Retries with exponential backoff and full jitter.

https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from registrar.adapters import system
from registrar.domain.errors import TransientFault

T = TypeVar("T")


@dataclass(frozen=True)
class Retry:
    """When a call that met a ``TransientFault`` is made again.

    Attributes:
        first: the longest pause after the first attempt, in seconds; it doubles with each.
        longest: the longest pause of all, in seconds.
        attempts: how many calls are made at most, None for any number.
        deadline: when to give up, by ``time.monotonic``; no call begins later.
    """

    first: float
    longest: float = 5.0
    attempts: int | None = None
    deadline: float = float("inf")

    def call(self, work: Callable[[], T]) -> T:
        """Call until it succeeds.

        Raises:
            TransientFault: attempts or time are used up; raised from the last fault.
        """
        last: TransientFault | None = None
        attempt, pause = 0, min(self.first, self.longest)
        while time.monotonic() <= self.deadline:
            attempt += 1
            try:
                return work()
            except TransientFault as fault:
                last = fault
            if attempt == self.attempts or time.monotonic() + pause > self.deadline:
                break
            time.sleep(system.jitter(pause))
            pause = min(2 * pause, self.longest)
        tried = "never tried, as no time was left" if last is None else f"{last} after {attempt} attempts"
        raise TransientFault(tried) from last
