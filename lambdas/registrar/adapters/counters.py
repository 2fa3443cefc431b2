"""The Counters table: totals, and how far each user's trail has been counted.

A total and the note of what was counted in it are written in one transaction, so a record that arrives again,
in any order, is counted once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from registrar.adapters import system
from registrar.adapters.dynamodb import READ_MAX, batch_get, item_of, plain, query_items
from registrar.adapters.faults import transient_faults
from registrar.adapters.retry import Retry
from registrar.domain.counts import USERS, Counts, Progress, counts_of, day_row
from registrar.domain.errors import TransientFault
from registrar.domain.record import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS: Final = 8
"""Items that each row of totals is spread over, since several functions count concurrently."""

RECORDS_MAX: Final = 49
"""Records counted in one transaction: with a note and a day for each, at most 99 writes."""

RETRY: Final = Retry(first=0.05, attempts=5)
"""For a transaction that conflicts with others; then the whole batch is sent again."""


class Counters:
    """The Counters table: totals, and how far each user's trail has been counted."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def progress(self, records: Iterable[Record]) -> dict[str, Progress]:
        """Return how far the trails of some records' users have been counted, strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        wanted = list(dict.fromkeys((record.user_id, _note(record)) for record in records))
        progress = {user_id: Progress() for user_id, _ in wanted}
        for start in range(0, len(wanted), READ_MAX):
            keys = [_key(f"USER#{user_id}", note) for user_id, note in wanted[start : start + READ_MAX]]
            for item in map(plain, batch_get(self._client, self._table, keys, ConsistentRead=True)):
                reached = progress[item["pk"].removeprefix("USER#")]
                if item["sk"] == _APPLIED:
                    reached.version = item["version"]
                else:
                    reached.rejected.add(item["sk"])
        return progress

    def count(self, records: Sequence[Record]) -> None:
        """Count records that were not counted before; of one user each version must follow the one before.

        Raises:
            TransientFault: a concurrent count was committed first, or throttled; read the progress again.
        """
        for start in range(0, len(records), RECORDS_MAX):
            self._count_some(records[start : start + RECORDS_MAX])

    def _count_some(self, records: Sequence[Record]) -> None:
        notes = self._notes(records)
        counts = counts_of(records)

        def attempt() -> None:
            writes: list[Any] = [*notes, *self._additions(counts, system.one_of(SHARDS))]
            with transient_faults():
                self._client.transact_write_items(TransactItems=writes)

        try:
            RETRY.call(attempt)
        except self._client.exceptions.TransactionCanceledException as error:
            raise TransientFault("others have counted some of these records") from error

    def _notes(self, records: Iterable[Record]) -> list[dict[str, Any]]:
        notes: list[dict[str, Any]] = []
        spans: dict[str, tuple[int, int]] = {}
        for record in records:
            if record.applied:
                version = record.version or 0
                first, _ = spans.get(record.user_id, (version, 0))
                spans[record.user_id] = (first, version)
            else:
                item = {"pk": f"USER#{record.user_id}", "sk": record.sequence}
                notes.append(self._put(item, "attribute_not_exists(pk)"))
        for user_id, (first, last) in spans.items():
            note = {"pk": f"USER#{user_id}", "sk": _APPLIED, "version": last}
            if first == 1:
                notes.append(self._put(note, "attribute_not_exists(pk)"))
            else:
                notes.append(self._put(note, "version = :before", {":before": first - 1}))
        return notes

    def _put(
        self, item: dict[str, Any], condition: str, values: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        put = {"TableName": self._table, "Item": item_of(item), "ConditionExpression": condition}
        return {"Put": {**put, "ExpressionAttributeValues": item_of(values)} if values else put}

    def _additions(self, counts: Counts, shard: int) -> list[dict[str, Any]]:
        additions = []
        for row, numbers in counts.items():
            terms = [(f"#{n}", f":{n}", name, number) for n, (name, number) in enumerate(numbers.items())]
            additions.append(
                {
                    "Update": {
                        "TableName": self._table,
                        "Key": _key(_TOTALS, f"{row}#{shard}"),
                        "UpdateExpression": "ADD " + ", ".join(f"{term[0]} {term[1]}" for term in terms),
                        "ExpressionAttributeNames": {term[0]: term[2] for term in terms},
                        "ExpressionAttributeValues": item_of({term[1]: term[3] for term in terms}),
                    }
                }
            )
        return additions

    def totals(self, first_day: str, last_day: str) -> Counts:
        """Return the totals of live users, and of each day from one to another, in one query each.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        counts: Counts = {}
        for first, last in ((USERS, USERS), (day_row(first_day), day_row(last_day))):
            for item in self._rows(f"{first}#", f"{last}#~"):
                counts.setdefault(item.pop("sk").rpartition("#")[0], Counter()).update(item)
        return counts

    def _rows(self, first: str, last: str) -> list[dict[str, Any]]:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :totals AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": item_of({":totals": _TOTALS, ":first": first, ":last": last}),
            "ConsistentRead": True,
        }
        rows = query_items(self._client, request)
        return [{name: value for name, value in row.items() if name != "pk"} for row in rows]


_TOTALS: Final = "TOTALS"
_APPLIED: Final = "applied"


def _key(pk: str, sk: str) -> dict[str, Any]:
    return item_of({"pk": pk, "sk": sk})


def _note(record: Record) -> str:
    """Return the sort key of the progress item: one for all applied records, one for each rejected one."""
    return _APPLIED if record.applied else record.sequence
