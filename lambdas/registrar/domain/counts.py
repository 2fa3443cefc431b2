"""The counts of ledger records. The counters must equal the sum over the ledger."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from registrar.domain.record import Record

USERS: Final = "users"
"""The row that counts live users by status."""

UNKNOWN: Final = "unknown"
"""The action under which a request without a valid action is counted."""

Counts = dict[str, Counter[str]]
"""Row to name to number. Rows are ``users`` and ``day#2030-01-31``; a day's names are ``create APPLIED`` …"""


@dataclass
class Progress:
    """How far a user's trail has been counted.

    Attributes:
        version: of the last applied record that was counted, 0 for none.
        rejected: of the requested rejected records, the sequences of those already counted.
    """

    version: int = 0
    rejected: set[str] = field(default_factory=set)


def counts_of(records: Iterable[Record]) -> Counts:
    """Return the counts of some records; their order does not matter."""
    counts: Counts = {}
    for record in records:
        day = counts.setdefault(day_row(record.recorded_at[:10]), Counter())
        day[f"{record.action or UNKNOWN} {record.outcome.value}"] += 1
        status = (record.changes or {}).get("status", {})
        for side, number in (("before", -1), ("after", +1)):
            if side in status:
                counts.setdefault(USERS, Counter())[str(status[side])] += number
    return counts


def day_row(day: str) -> str:
    """Return the row of a day, ``2030-01-31``, UTC."""
    return f"day#{day}"
