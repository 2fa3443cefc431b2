"""Pages of a user's audit trail, oldest record first."""

from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, Final

from registrar.adapters.ledger import Ledger
from registrar.domain import limits

Mark = tuple[str, str]
"""When a rejected record was sealed, and its sequence."""

START: Final[Mark] = ("", "")


@dataclass(frozen=True)
class Position:
    """A place in a trail: what stands before it.

    Attributes:
        version: of the last applied record, 0 for none.
        rejected: of the last rejected one.
    """

    version: int = 0
    rejected: Mark = START


def page_of(
    ledger: Ledger, user_id: str, after: Position, limit: int
) -> tuple[list[dict[str, Any]], Position | None]:
    """Return a user's next records and the place behind them, None at the end.

    Applied records come in the order of their versions, rejected ones where their time puts them between.
    The ledger keeps rejections in no order: each page looks through all that the user has.

    Raises:
        TransientFault: throttled or not reached; try again.
    """
    applied = ledger.applied(user_id, after.version + 1, limits.VERSION_MAX, limit + 1)
    later = (record for record in ledger.rejected(user_id) if _mark(record) > after.rejected)
    rejected = nsmallest(limit + 1, later, key=_mark)
    found: list[dict[str, Any]] = []
    while len(found) < limit and (applied or rejected):
        use_rejected = not applied or (rejected and rejected[0]["recorded_at"] < applied[0]["recorded_at"])
        record = (rejected if use_rejected else applied).pop(0)
        after = (
            Position(after.version, _mark(record))
            if use_rejected
            else Position(record["version"], after.rejected)
        )
        found.append(record)
    return found, after if applied or rejected else None


def _mark(record: dict[str, Any]) -> Mark:
    return record["recorded_at"], record["sequence"]
