"""The store of a change: users, the names they hold, receipts, and the ledger."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from registrar.adapters.dynamodb import READ_MAX, batch_get, item_of, plain
from registrar.adapters.faults import cancellation_reasons, transient_faults
from registrar.adapters.held_names import HeldNames
from registrar.adapters.items import (
    Item,
    name_key,
    receipt_item,
    receipt_key,
    record_of,
    user_item,
    user_key,
    user_of,
)
from registrar.domain.decide import Applied, Cancelled
from registrar.domain.errors import BrokenSeal, LedgerMismatch, TransientFault
from registrar.domain.names import earlier_form, earlier_forms, names_of, normal_form
from registrar.domain.record import Record, RecordKey
from registrar.domain.user import User

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOLDER_READS: Final = 3
"""How often a name and its user are read until they match; then TransientFault is raised."""


class Store:
    """The Users and the Ledger table, over one client; a table that a function must not use has no name.

    Every method raises ``TransientFault`` when DynamoDB throttles or is not reached: try again.
    """

    def __init__(self, client: "DynamoDBClient", users_table: str, ledger_table: str) -> None:
        self._client = client
        self._users = users_table
        self._ledger = ledger_table
        self._names = HeldNames(client, users_table)

    def read(self, user_id: str, change_id: str) -> tuple[User | None, Record | None]:
        """Read a user and a change's receipt in one request, strongly consistent."""
        keys = [user_key(user_id), receipt_key(change_id)]
        found = batch_get(self._client, self._users, keys, ConsistentRead=True)
        items = {item["pk"]["S"]: item for item in found}
        user, receipt = (items.get(key["pk"]["S"]) for key in keys)
        return user_of(user), record_of(receipt)

    def user(self, user_id: str) -> User | None:
        """Read a user, strongly consistent; a tombstone, too."""
        return user_of(self._item(self._users, user_key(user_id)))

    def receipt(self, change_id: str) -> Record | None:
        """Read the record in a change's receipt, strongly consistent."""
        return record_of(self._item(self._users, receipt_key(change_id)))

    def receipts(self, change_ids: Iterable[str]) -> dict[str, Record]:
        """Read the records in the receipts of up to ``READ_MAX`` changes, by change_id, consistently.

        A receipt that has not the fields of a record is left out, so that it fails its own change alone.
        """
        keys = [receipt_key(change_id) for change_id in dict.fromkeys(change_ids)]
        found: dict[str, Record] = {}
        for item in batch_get(self._client, self._users, keys, ConsistentRead=True):
            with suppress(BrokenSeal):
                record = record_of(item)
                if record is not None:
                    found[record.change_id] = record
        return found

    def holder(self, kind: str, name: str) -> User | None:
        """Read the live user who holds a name: one read for the id, one for the user.

        A name that has earlier forms is looked for under them, too.

        Raises:
            TransientFault: also when the name had another holder at each read.
        """
        normal = normal_form(name)
        for form in (normal, *earlier_forms(name)):
            user = self._holder(kind, form)
            # What is held under an earlier form may be another name's normal form.
            if user is not None and names_of(user.attributes)[kind] == normal:
                return user
        return None

    def names_of_others(self, applied: Applied) -> list[str]:
        """Return the kinds of the names that a change takes and another user holds, strongly consistent."""
        return self._names.of_others(applied)

    def commit(self, applied: Applied) -> Cancelled | None:
        """Commit user, names and receipt, with the sealed record in it, together or not at all.

        Returns:
            None when committed, else why not.
        """
        writes: list[tuple[str, Any]] = [
            ("receipt", {"Put": self._receipt_put(applied.record)}),
            ("user", {"Put": self._user_put(applied)}),
            *self._names.writes(applied),
        ]
        try:
            with transient_faults():
                # botocore gives the call a token: its own retry of a lost answer is the same transaction.
                self._client.transact_write_items(TransactItems=[write for _, write in writes])
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = dict(zip((label for label, _ in writes), cancellation_reasons(error), strict=True))
            return _cancelled(reasons)
        return None

    def reject(self, record: Record) -> Record | None:
        """Write a rejection's receipt and its ledger record together.

        Returns:
            The receipt's record that was there already, None when this one was written.

        Raises:
            LedgerMismatch: the ledger has a record in this place without its receipt.
        """
        writes: list[Any] = [{"Put": self._receipt_put(record)}, {"Put": self._record_put(record)}]
        try:
            with transient_faults():
                self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            receipt, _ = cancellation_reasons(error)
            if receipt.get("Code") == "ConditionalCheckFailed":
                return record_of(receipt["Item"])
            raise LedgerMismatch(f"a record without a receipt stands at {record.sequence}") from error
        return None

    def put_receipt(self, record: Record) -> Record | None:
        """Put the receipt of a rejection whose record is delivered later, as in an import.

        Returns:
            The receipt's record that was there already, None when this one was put.
        """
        try:
            with transient_faults():
                self._client.put_item(**self._receipt_put(record))
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # Older releases of DynamoDB Local do not send what was there.
            item: Any = error.response.get("Item")
            return record_of(item) or self.receipts([record.change_id])[record.change_id]
        return None

    def deliver(self, record: Record) -> None:
        """Add a sealed record to the ledger; the same one there already is success.

        Raises:
            LedgerMismatch: another record is there.
        """
        found = self.append(record)
        if found is not None and found != record:
            raise LedgerMismatch(f"another record stands at {record.sequence}: {found.hash}")

    def append(self, record: Record) -> Record | None:
        """Add a record to the ledger; return the one that was there already, None when this one was added.

        AWS sends the record that was there with its refusal, so adding needs no permission to read.
        Older releases of DynamoDB Local do not: there it is read, strongly consistent.
        """
        try:
            with transient_faults():
                self._client.put_item(**self._record_put(record))
        except self._client.exceptions.ConditionalCheckFailedException as error:
            item: Any = error.response.get("Item") or self._item(self._ledger, _ledger_key(record.key))
            return record_of(item)
        return None

    def hashes(self, keys: Iterable[RecordKey]) -> dict[RecordKey, str]:
        """Return the hash of the record at each place of the ledger that has one.

        Reads are eventually consistent, at half the price: a record that was just added may be missing.
        """
        wanted = list(dict.fromkeys(keys))
        names = {"#user_id": "user_id", "#sequence": "sequence", "#hash": "hash"}
        found = {}
        for start in range(0, len(wanted), READ_MAX):
            items = batch_get(
                self._client,
                self._ledger,
                [_ledger_key(key) for key in wanted[start : start + READ_MAX]],
                ProjectionExpression=", ".join(names),
                ExpressionAttributeNames=names,
            )
            for record in map(plain, items):
                found[record["user_id"], record["sequence"]] = record["hash"]
        return found

    def _holder(self, kind: str, form: str) -> User | None:
        for _ in range(HOLDER_READS):
            held = self._item(self._users, name_key(kind, form))
            if held is None:
                return None
            user = self.user(held["user_id"]["S"])
            name = user.attributes.get(kind) if user else None
            # Between the two reads the name may have been released.
            if isinstance(name, str) and form in (normal_form(name), earlier_form(name)):
                return user
        raise TransientFault("the name had another holder at each read")

    def _item(self, table: str, key: Item) -> Item | None:
        with transient_faults():
            answer: Any = self._client.get_item(TableName=table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def _receipt_put(self, record: Record) -> dict[str, Any]:
        return {
            "TableName": self._users,
            "Item": receipt_item(record),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _record_put(self, record: Record) -> dict[str, Any]:
        return {
            "TableName": self._ledger,
            "Item": item_of(record.as_json()),
            "ConditionExpression": "attribute_not_exists(user_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _user_put(self, applied: Applied) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._users,
            "Item": user_item(applied.after),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if applied.before is None:
            return {**put, "ConditionExpression": "attribute_not_exists(pk)"}
        return {
            **put,
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": item_of({":read": applied.before.version}),
        }


def _ledger_key(key: RecordKey) -> Item:
    user_id, sequence = key
    return item_of({"user_id": user_id, "sequence": sequence})


def _cancelled(reasons: Mapping[str, Mapping[str, Any]]) -> Cancelled:
    failed = {
        label: reason for label, reason in reasons.items() if reason.get("Code") == "ConditionalCheckFailed"
    }
    return Cancelled(
        receipt=record_of(failed["receipt"].get("Item")) if "receipt" in failed else None,
        # A release that fails also means that the user has changed since it was read.
        user_moved="user" in failed or any(label.startswith("release") for label in failed),
        user=user_of(failed["user"].get("Item")) if "user" in failed else None,
        names_taken=list(
            dict.fromkeys(label.split()[1] for label in failed if label.startswith(("take", "refuse")))
        ),
    )
