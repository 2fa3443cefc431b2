"""A user's audit trail in the ledger, oldest record first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from registrar.adapters.dynamodb import item_of, query_items
from registrar.domain import limits
from registrar.domain.errors import BrokenSeal
from registrar.domain.record import Record, applied_sequence

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PlainRecord = dict[str, Any]
"""An item of the ledger as plain JSON: nothing of it is checked."""

Mark = tuple[str, str]
"""When a rejected record was sealed, and its sequence."""

START: Final[Mark] = ("", "")
_APPLIED: Final = re.compile(rf"v#[0-9]{{{limits.VERSION_DIGITS}}}")


@dataclass(frozen=True)
class TrailPosition:
    """A place in a trail: what stands before it.

    Attributes:
        version: of the last applied record, 0 for none.
        rejected: of the last rejected one.
    """

    version: int = 0
    rejected: Mark = START


class Trail:
    """The trails in the Ledger table, read strongly consistent.

    Every method raises ``TransientFault`` when DynamoDB throttles or is not reached.
    """

    def __init__(self, client: "DynamoDBClient", ledger_table: str) -> None:
        self._client = client
        self._table = ledger_table

    def applied(self, user_id: str, first: int, last: int, limit: int) -> list[Record]:
        """Return up to ``limit`` of a user's applied records between two versions, oldest first.

        An item that has not the fields of a record ends them: it is as if it were not there.
        """
        found: list[Record] = []
        for item in self._applied(user_id, first, last, limit):
            try:
                found.append(Record.from_json(item))
            except BrokenSeal:
                break
        return found

    def page(
        self, user_id: str, after: TrailPosition, limit: int
    ) -> tuple[list[PlainRecord], TrailPosition | None]:
        """Return a user's next records and the place behind them, None at the end.

        The records are returned as they are stored, also where they were altered and are no records any more.
        Applied records are ordered by version; rejected ones are merged in by time.
        Rejections are not stored in time order: each page reads all rejections of the user.
        """
        applied = [*self._applied(user_id, after.version + 1, limits.VERSION_MAX, limit + 1)]
        later = (record for record in self._rejected(user_id) if _mark(record) > after.rejected)
        rejected = nsmallest(limit + 1, later, key=_mark)
        found: list[PlainRecord] = []
        while len(found) < limit and (applied or rejected):
            if not applied or (rejected and rejected[0]["recorded_at"] < applied[0]["recorded_at"]):
                record = rejected.pop(0)
                after = TrailPosition(after.version, _mark(record))
            else:
                record = applied.pop(0)
                # Of the key: an altered version would lead back to earlier pages.
                after = TrailPosition(int(record["sequence"].removeprefix("v#")), after.rejected)
            found.append(record)
        return found, after if applied or rejected else None

    def _applied(self, user_id: str, first: int, last: int, limit: int) -> Iterator[PlainRecord]:
        values = {":user": user_id, ":first": applied_sequence(first), ":last": applied_sequence(last)}
        found = self._query("user_id = :user AND #s BETWEEN :first AND :last", values, limit)
        # A key that was made by hand may stand between two versions, and has none.
        yield from islice((item for item in found if _APPLIED.fullmatch(item["sequence"])), limit)

    def _rejected(self, user_id: str) -> Iterator[PlainRecord]:
        yield from self._query("user_id = :user AND begins_with(#s, :r)", {":user": user_id, ":r": "r#"})

    def _query(
        self, condition: str, values: dict[str, str], limit: int | None = None
    ) -> Iterator[PlainRecord]:
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#s": "sequence"},
            "ExpressionAttributeValues": item_of(values),
            "ConsistentRead": True,
        }
        if limit is not None:
            request["Limit"] = limit
        yield from query_items(self._client, request)


def _mark(record: PlainRecord) -> Mark:
    return record["recorded_at"], record["sequence"]
