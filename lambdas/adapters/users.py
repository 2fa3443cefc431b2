"""The Users table: users, the names they hold, the receipts of changes."""

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Self

from adapters.dynamodb import cancellation_reasons, item_of, plain, transient_faults
from registrar.change import Status, User
from registrar.decide import Applied
from registrar.errors import TransientFault

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LISTING_SHARDS: Final = 8
"""One status is spread over so many partitions of the index ``by_status``."""


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
        with transient_faults():
            page = self._client.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
            )
        if page.get("UnprocessedKeys"):
            raise TransientFault("DynamoDB answered only a part of the read")
        items = {item["pk"]["S"]: item for item in page["Responses"].get(self._table, [])}
        user, receipt = (items.get(key["pk"]["S"]) for key in keys)
        return _user(user), receipt_record(receipt)

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
            *((f"take {kind}", self._take(kind, name, applied)) for kind, name in applied.taken.items()),
            *(
                (f"release {kind}", self._release(kind, name, applied))
                for kind, name in applied.released.items()
            ),
        ]
        try:
            with transient_faults():
                # botocore gives the call a token: its own retry of a lost answer is the same transaction.
                self._client.transact_write_items(TransactItems=[write for _, write in writes])
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = dict(zip((label for label, _ in writes), cancellation_reasons(error), strict=True))
            return _cancelled(reasons)
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
            "Item": _user_item(applied.after),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if applied.before is None:
            return {**put, "ConditionExpression": "attribute_not_exists(pk)"}
        return {
            **put,
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": item_of({":read": applied.before.version}),
        }

    def _take(self, kind: str, name: str, applied: Applied) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": item_of({"pk": f"NAME#{kind}#{name}", "user_id": applied.after.user_id}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _release(self, kind: str, name: str, applied: Applied) -> dict[str, Any]:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": item_of({"pk": f"NAME#{kind}#{name}"}),
                "ConditionExpression": "user_id = :owner",
                "ExpressionAttributeValues": item_of({":owner": applied.after.user_id}),
            }
        }


def receipt_record(item: Any) -> dict[str, Any] | None:  # noqa: ANN401 - DynamoDB's typed JSON
    """Return the sealed record in a receipt's item: the receipt is the record under another key."""
    if item is None:
        return None
    record = plain(item)
    del record["pk"]
    return record


_ATTRIBUTES: Final = ("username", "email", "display_name", "status", "tags")


def _user_item(user: User) -> dict[str, Any]:
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


def _user(item: Any) -> User | None:  # noqa: ANN401 - DynamoDB's typed JSON
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
        user=_user(failed["user"].get("Item")) if "user" in failed else None,
        names_taken=[label.removeprefix("take ") for label in failed if label.startswith("take")],
    )
