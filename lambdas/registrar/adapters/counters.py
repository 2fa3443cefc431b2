"""The Counters table: totals, and how far each user's trail has been counted.

A total and the note of what was counted in it are written in one transaction, so that a record counts once
however often and in whatever order it comes.
"""

import os
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from registrar.adapters import system
from registrar.adapters.dynamodb import READ_MAX, batch_get, item_of, plain
from registrar.adapters.faults import transient_faults
from registrar.domain.change import Outcome
from registrar.domain.counts import USERS, Counts, counts_of, day_row
from registrar.domain.errors import TransientFault

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS: Final = 8
"""Each row of totals is spread over so many items, as many functions count at once."""

RECORDS_MAX: Final = 49
"""So many records are counted in one transaction: with a note and a day for each it has at most 99 writes."""

ATTEMPTS: Final = 5
"""Tries at a transaction that conflicts with others, before the whole batch is asked for again."""


@dataclass
class Progress:
    """How far a user's trail has been counted.

    Attributes:
        version: of the last applied record that was counted, 0 for none.
        rejected: sequences of the rejected records, of those that were asked for, that were counted.
    """

    version: int = 0
    rejected: set[str] = field(default_factory=set)


class Counters:
    """The Counters table: totals, and how far each user's trail has been counted."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def from_environment(cls, client: "DynamoDBClient") -> Self:
        """Make the adapter of a function from ``COUNTERS_TABLE``."""
        return cls(client, os.environ["COUNTERS_TABLE"])

    def progress(self, records: Iterable[dict[str, Any]]) -> dict[str, Progress]:
        """Return how far the trails of some records' users have been counted, strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        wanted = list(dict.fromkeys((record["user_id"], _note(record)) for record in records))
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

    def count(self, records: Sequence[dict[str, Any]]) -> None:
        """Count records that were not counted before; of one user each version must follow the one before.

        Raises:
            TransientFault: others counted at the same moment, or throttled; read the progress anew.
        """
        for start in range(0, len(records), RECORDS_MAX):
            self._count_some(records[start : start + RECORDS_MAX])

    def _count_some(self, records: Sequence[dict[str, Any]]) -> None:
        notes = self._notes(records)
        for attempt in range(ATTEMPTS):
            shard = system.one_of(SHARDS)
            writes: list[Any] = [*notes, *self._additions(counts_of(records), shard)]
            try:
                with transient_faults():
                    self._client.transact_write_items(TransactItems=writes)
            except self._client.exceptions.TransactionCanceledException as error:
                raise TransientFault("others have counted some of these records") from error
            except TransientFault:
                if attempt + 1 == ATTEMPTS:
                    raise
                time.sleep(system.jitter(0.05 * 2**attempt))
            else:
                return

    def _notes(self, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        notes: list[dict[str, Any]] = []
        spans: dict[str, tuple[int, int]] = {}
        for record in records:
            user_id = record["user_id"]
            if record["outcome"] == Outcome.APPLIED:
                first, _ = spans.get(user_id, (record["version"], 0))
                spans[user_id] = (first, record["version"])
            else:
                item = {"pk": f"USER#{user_id}", "sk": record["sequence"]}
                notes.append(self._put(item, "attribute_not_exists(pk)"))
        for user_id, (first, last) in spans.items():
            item = {"pk": f"USER#{user_id}", "sk": _APPLIED, "version": last}
            if first == 1:
                notes.append(self._put(item, "attribute_not_exists(pk)"))
            else:
                notes.append(self._put(item, "version = :before", {":before": first - 1}))
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
        condition = "pk = :totals AND sk BETWEEN :first AND :last"
        values = item_of({":totals": _TOTALS, ":first": first, ":last": last})
        rows: list[dict[str, Any]] = []
        with transient_faults():
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ConsistentRead=True,
            )
            for page in pages:
                rows += map(plain, page["Items"])
        for row in rows:
            del row["pk"]
        return rows


_TOTALS: Final = "TOTALS"
_APPLIED: Final = "applied"


def _key(pk: str, sk: str) -> dict[str, Any]:
    return item_of({"pk": pk, "sk": sk})


def _note(record: dict[str, Any]) -> str:
    """Return where it is noted that a record was counted: applied ones together, each rejected by itself."""
    return _APPLIED if record["outcome"] == Outcome.APPLIED else str(record["sequence"])
