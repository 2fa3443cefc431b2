"""What a ledger record adds to the counters. The sum over a ledger is what the counters must say."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

USERS: Final = "users"
"""The row that counts live users by status."""

UNKNOWN: Final = "unknown"
"""Counted as the action of a request that names none."""

Counts = dict[str, Counter[str]]
"""Row to name to number. Rows are ``users`` and ``day#2030-01-31``; a day's names are ``create APPLIED`` …"""


def counts_of(records: Iterable[dict[str, Any]]) -> Counts:
    """Return what records add, in whatever order they come."""
    counts: Counts = {}
    for record in records:
        day = counts.setdefault(day_row(record["recorded_at"][:10]), Counter())
        day[f"{record.get('action', UNKNOWN)} {record['outcome']}"] += 1
        status = record.get("changes", {}).get("status", {})
        for side, number in (("before", -1), ("after", +1)):
            if side in status:
                counts.setdefault(USERS, Counter())[status[side]] += number
    return counts


def day_row(day: str) -> str:
    """Return the row of a day, ``2030-01-31``, UTC."""
    return f"day#{day}"
