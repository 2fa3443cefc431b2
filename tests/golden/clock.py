"""A clock and a source of salts that give the same in every run: one moment for each call of a step.

The golden files name a call's moment by its number, so this must never change.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
STEP: Final = timedelta(minutes=20)


@dataclass
class Clock:
    """Stands in for ``system``; ``number`` is the moment that it shows."""

    number: int = 0

    def now(self) -> str:
        moment = START + self.number * STEP
        return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def salt(self) -> str:
        return hashlib.sha256(f"salt {self.number}".encode()).hexdigest()[:32]

    def one_of(self, count: int) -> int:
        return self.number % count
