"""The Ledger table, to which records are only added."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from registrar.adapters.dynamodb import READ_MAX, batch_get, item_of, plain
from registrar.adapters.faults import cancellation_reasons, transient_faults
from registrar.adapters.users import Users, receipt_record
from registrar.domain.errors import LedgerMismatch
from registrar.domain.record import applied_sequence

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Place = tuple[str, str]
"""Where a record stands: its user_id and its sequence."""


class Ledger:
    """The Ledger table, to which records are only added."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def from_environment(cls, client: "DynamoDBClient") -> Self:
        """Make the adapter of a function from ``LEDGER_TABLE``."""
        return cls(client, os.environ["LEDGER_TABLE"])

    def record_put(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the write of a record, which is refused when its place is taken."""
        return {
            "TableName": self._table,
            "Item": item_of(record),
            "ConditionExpression": "attribute_not_exists(user_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def deliver(self, record: dict[str, Any]) -> None:
        """Add a sealed record; one that is there already, the same in every byte, is fine.

        Raises:
            LedgerMismatch: another record is there.
            TransientFault: throttled or not reached; try again.
        """
        found = self.add(record)
        if found is not None and found != record:
            raise LedgerMismatch(f"another record stands at {record['sequence']}: {found.get('hash')}")

    def hashes(self, places: Iterable[Place]) -> dict[Place, str]:
        """Return the hash of the record at each place that has one.

        Reads are eventually consistent, at half the price: a record that was just added may be missing.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        wanted = list(dict.fromkeys(places))
        found = {}
        for start in range(0, len(wanted), READ_MAX):
            for record in self._read_some(wanted[start : start + READ_MAX]):
                found[record["user_id"], record["sequence"]] = record["hash"]
        return found

    def _read_some(self, places: list[Place]) -> list[dict[str, Any]]:
        keys: Any = [item_of({"user_id": user_id, "sequence": sequence}) for user_id, sequence in places]
        names = {"#user_id": "user_id", "#sequence": "sequence", "#hash": "hash"}
        items = batch_get(
            self._client,
            self._table,
            keys,
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
        )
        return [plain(item) for item in items]

    def applied(self, user_id: str, first: int, last: int, limit: int) -> list[dict[str, Any]]:
        """Return up to ``limit`` of a user's applied records between two versions, oldest first.

        Strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        values = {":user": user_id, ":first": applied_sequence(first), ":last": applied_sequence(last)}
        found = self._query("user_id = :user AND #s BETWEEN :first AND :last", values, limit)
        return list(islice(found, limit))

    def rejected(self, user_id: str) -> Iterator[dict[str, Any]]:
        """Yield all of a user's rejected records, in no order, strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        yield from self._query("user_id = :user AND begins_with(#s, :r)", {":user": user_id, ":r": "r#"})

    def _query(
        self, condition: str, values: dict[str, str], limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#s": "sequence"},
            "ExpressionAttributeValues": item_of(values),
            "ConsistentRead": True,
        }
        if limit is not None:
            request["Limit"] = limit
        while True:
            with transient_faults():
                page = self._client.query(**request)
            yield from (plain(item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def add(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """Add a record; return the one that was there already, None when this one was added.

        AWS sends the record that was there with its refusal, so adding needs no permission to read.
        Older releases of DynamoDB Local do not: there it is read, strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        try:
            with transient_faults():
                self._client.put_item(**self.record_put(record))
        except self._client.exceptions.ConditionalCheckFailedException as error:
            item: Any = error.response.get("Item") or self._read(record)
            return plain(item)
        return None

    def _read(self, record: dict[str, Any]) -> dict[str, Any]:
        key = item_of({name: record[name] for name in ("user_id", "sequence")})
        with transient_faults():
            return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)["Item"]


def record_rejection(
    client: "DynamoDBClient", users: Users, ledger: Ledger, record: dict[str, Any]
) -> dict[str, Any] | None:
    """Write a rejection's receipt and its ledger record in one transaction.

    Returns:
        The receipt's record that was there already, None when this one was written.

    Raises:
        LedgerMismatch: the ledger has a record in this place without its receipt.
        TransientFault: try again.
    """
    writes: list[Any] = [{"Put": users.receipt_put(record)}, {"Put": ledger.record_put(record)}]
    try:
        with transient_faults():
            client.transact_write_items(TransactItems=writes)
    except client.exceptions.TransactionCanceledException as error:
        receipt, _ = cancellation_reasons(error)
        if receipt.get("Code") == "ConditionalCheckFailed":
            return receipt_record(receipt["Item"])
        raise LedgerMismatch(f"a record without a receipt stands at {record['sequence']}") from error
    return None
