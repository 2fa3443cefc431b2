"""The Users table: users, the names they hold, the receipts of changes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Self

from registrar.adapters.dynamodb import batch_get, item_of, plain
from registrar.adapters.faults import cancellation_reasons, transient_faults
from registrar.adapters.held_names import HeldNames, key_of
from registrar.domain.change import Status, User
from registrar.domain.decide import Applied
from registrar.domain.errors import TransientFault
from registrar.domain.names import earlier_form, earlier_forms, names_of, normal_form

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LISTING_SHARDS: Final = 8
"""One status is spread over so many partitions of the index ``by_status``."""

HOLDER_READS: Final = 3
"""So often a name is followed to its user before the caller is asked to try again."""


@dataclass(frozen=True)
class Cancelled:
    """Why a transaction was cancelled.

    Attributes:
        receipt: the receipt that was there already; look at it first.
        user_moved: the user was no longer as it was read.
        user: the user as it stands then, None when it is not there.
        names_taken: the kinds of names that another user holds.
    """

    receipt: dict[str, Any] | None
    user_moved: bool
    user: User | None
    names_taken: list[str]


class Users:
    """The Users table: users, the names they hold, the receipts of changes."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._names = HeldNames(client, table)

    @classmethod
    def from_environment(cls, client: "DynamoDBClient") -> Self:
        """Make the adapter of a function from ``USERS_TABLE``."""
        return cls(client, os.environ["USERS_TABLE"])

    def read(self, user_id: str, change_id: str) -> tuple[User | None, dict[str, Any] | None]:
        """Read a user and a change's receipt in one request, strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        keys: list[Any] = [{"pk": {"S": f"USER#{user_id}"}}, {"pk": {"S": f"CHANGE#{change_id}"}}]
        found = batch_get(self._client, self._table, keys, ConsistentRead=True)
        items = {item["pk"]["S"]: item for item in found}
        user, receipt = (items.get(key["pk"]["S"]) for key in keys)
        return user_of(user), receipt_record(receipt)

    def user(self, user_id: str) -> User | None:
        """Read a user, strongly consistent; a tombstone, too.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        return user_of(self._item(f"USER#{user_id}"))

    def receipt(self, change_id: str) -> dict[str, Any] | None:
        """Read the sealed record in a change's receipt, strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        return receipt_record(self._item(f"CHANGE#{change_id}"))

    def receipts(self, change_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read the sealed records in the receipts of up to ``READ_MAX`` changes, strongly consistent.

        Raises:
            TransientFault: throttled, not reached, or answered only in part; try again.
        """
        keys = [{"pk": {"S": f"CHANGE#{change_id}"}} for change_id in dict.fromkeys(change_ids)]
        found = batch_get(self._client, self._table, keys, ConsistentRead=True)
        return {item["change_id"]["S"]: plain(item) for item in map(_without_key, found)}

    def holder(self, kind: str, name: str) -> User | None:
        """Read the live user who holds a name: one read to the id, one to the user.

        A name that has earlier forms is looked for under them, too.

        Raises:
            TransientFault: throttled, not reached, or the name kept changing hands; try again.
        """
        normal = normal_form(name)
        for form in (normal, *earlier_forms(name)):
            user = self._holder(kind, form)
            # What is held under an earlier form may be another name's normal form.
            if user is not None and names_of(user.attributes)[kind] == normal:
                return user
        return None

    def _holder(self, kind: str, form: str) -> User | None:
        for _ in range(HOLDER_READS):
            held = self._item(key_of(kind, form))
            if held is None:
                return None
            user = self.user(held["user_id"]["S"])
            name = user.attributes.get(kind) if user else None
            # Between the two reads the name may have been let go.
            if name is not None and form in (normal_form(name), earlier_form(name)):
                return user
        raise TransientFault("the name keeps changing hands")

    def names_of_others(self, applied: Applied) -> list[str]:
        """Return the kinds of the names that a change takes and another user holds, strongly consistent.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        return self._names.of_others(applied)

    def _item(self, key: str) -> Any:  # noqa: ANN401 - DynamoDB's typed JSON
        with transient_faults():
            answer = self._client.get_item(TableName=self._table, Key={"pk": {"S": key}}, ConsistentRead=True)
        return answer.get("Item")

    def commit(self, applied: Applied) -> Cancelled | None:
        """Commit user, names and receipt, with the sealed record in it, together or not at all.

        Returns:
            None when committed, else why not.

        Raises:
            TransientFault: a conflicting transaction, throttling or a lost connection; try again.
        """
        writes: list[tuple[str, Any]] = [
            ("receipt", {"Put": self.receipt_put(applied.record)}),
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

    def reject(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """Put the receipt of a rejected change; return the one that was there, None when this one was put.

        For rejections whose records are delivered later; ``record_rejection`` writes both at once.

        Raises:
            TransientFault: throttled or not reached; try again.
        """
        try:
            with transient_faults():
                self._client.put_item(**self.receipt_put(record))
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # Older releases of DynamoDB Local do not send what was there.
            found = receipt_record(error.response.get("Item"))
            return found or self.receipts([record["change_id"]])[record["change_id"]]
        return None

    def receipt_put(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the write of a change's receipt, which is refused when there is one."""
        return {
            "TableName": self._table,
            "Item": item_of({"pk": f"CHANGE#{record['change_id']}", **record}),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _user_put(self, applied: Applied) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._table,
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


def receipt_record(item: Any) -> dict[str, Any] | None:  # noqa: ANN401 - DynamoDB's typed JSON
    """Return the sealed record in a receipt's item: the receipt is the record under another key."""
    if item is None:
        return None
    return plain(_without_key(item))


def _without_key(item: Any) -> Any:  # noqa: ANN401 - DynamoDB's typed JSON
    return {name: value for name, value in item.items() if name != "pk"}


_ATTRIBUTES: Final = ("username", "email", "display_name", "status", "tags")


def user_item(user: User) -> dict[str, Any]:
    """Return a user's item, with its place in the listing."""
    item = {
        "pk": f"USER#{user.user_id}",
        "user_id": user.user_id,
        "version": user.version,
        "head": user.head,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        **user.attributes,
    }
    if user.deleted:
        item["status"] = Status.DELETED.value
    else:
        # Only live users are listed. SHA-256, as Python's own hash differs between processes.
        shard = sha256(user.user_id.encode()).digest()[0] % LISTING_SHARDS
        item["listing"] = f"{user.attributes['status']}#{shard}"
    return item_of(item)


def user_of(item: Any) -> User | None:  # noqa: ANN401 - DynamoDB's typed JSON
    """Return the user in an item, None for none."""
    if item is None:
        return None
    values = plain(item)
    deleted = values["status"] == Status.DELETED
    return User(
        user_id=values["user_id"],
        version=values["version"],
        head=values["head"],
        deleted=deleted,
        attributes={} if deleted else {name: values[name] for name in _ATTRIBUTES if name in values},
        created_at=values["created_at"],
        updated_at=values["updated_at"],
    )


def _cancelled(reasons: dict[str, dict[str, Any]]) -> Cancelled:
    failed = {
        label: reason for label, reason in reasons.items() if reason.get("Code") == "ConditionalCheckFailed"
    }
    return Cancelled(
        receipt=receipt_record(failed["receipt"].get("Item")) if "receipt" in failed else None,
        # A name that the read user no longer holds means that the user has moved, too.
        user_moved="user" in failed or any(label.startswith("release") for label in failed),
        user=user_of(failed["user"].get("Item")) if "user" in failed else None,
        names_taken=list(
            dict.fromkeys(label.split()[1] for label in failed if label.startswith(("take", "refuse")))
        ),
    )
