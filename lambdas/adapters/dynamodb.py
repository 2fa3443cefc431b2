"""The Users and Ledger tables behind three verbs: read, commit, deliver.

The low-level client and its typed JSON are used as they are: the resource layer costs a cold start and gives nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnectedError

from registrar.change import Status, User
from registrar.decide import Applied
from registrar.errors import LedgerMismatch, TransientFault

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LISTING_SHARDS: Final = 8
"""One status is spread over so many partitions of the index ``by_status``."""

_TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
        "TransactionConflictException",
    }
)

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


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
                # The record's hash covers the whole transaction, so an equal token means an equal transaction.
                self._client.transact_write_items(
                    TransactItems=[write for _, write in writes],
                    ClientRequestToken=applied.record["hash"][:36],
                )
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = dict(zip((label for label, _ in writes), cancellation_reasons(error), strict=True))
            return _cancelled(reasons)
        return None

    def receipt_put(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the write of a change's receipt, which is refused when there is one."""
        return {
            "TableName": self._table,
            "Item": _item({"pk": f"CHANGE#{record['change_id']}", **record}),
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
            "ExpressionAttributeValues": _item({":read": applied.before.version}),
        }

    def _take(self, kind: str, name: str, applied: Applied) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": _item({"pk": f"NAME#{kind}#{name}", "user_id": applied.after.user_id}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _release(self, kind: str, name: str, applied: Applied) -> dict[str, Any]:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": _item({"pk": f"NAME#{kind}#{name}"}),
                "ConditionExpression": "user_id = :owner",
                "ExpressionAttributeValues": _item({":owner": applied.after.user_id}),
            }
        }


class Ledger:
    """The Ledger table, to which records are only added."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def record_put(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the write of a record, which is refused when its place is taken."""
        return {
            "TableName": self._table,
            "Item": _item(record),
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
        key = _item({name: record[name] for name in ("user_id", "sequence")})
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
            client.transact_write_items(TransactItems=writes, ClientRequestToken=record["hash"][:36])
    except client.exceptions.TransactionCanceledException as error:
        receipt, _ = cancellation_reasons(error)
        if receipt.get("Code") == "ConditionalCheckFailed":
            return receipt_record(receipt["Item"])
        raise LedgerMismatch(f"a record without a receipt stands at {record['sequence']}") from error
    return None


def client_from_environment() -> "DynamoDBClient":
    """Make the DynamoDB client of a function; short timeouts, so that a retry fits into the function's time."""
    return boto3.client(
        "dynamodb",
        config=Config(
            connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}
        ),
    )


def users_from_environment(client: "DynamoDBClient") -> Users:
    """Make the Users adapter of a function from ``USERS_TABLE``."""
    return Users(client, os.environ["USERS_TABLE"])


def ledger_from_environment(client: "DynamoDBClient") -> Ledger:
    """Make the Ledger adapter of a function from ``LEDGER_TABLE``."""
    return Ledger(client, os.environ["LEDGER_TABLE"])


@contextmanager
def transient_faults() -> Iterator[None]:
    """Turn what passes by itself into TransientFault; let the rest through."""
    try:
        yield
    except (HTTPClientError, NotConnectedError) as error:
        raise TransientFault(type(error).__name__) from error
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
        # A cancellation is final only when conditions alone gave it.
        mixed = reasons and not set(reasons) <= {"None", None, "ConditionalCheckFailed"}
        if code in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR or mixed:
            raise TransientFault(code) from error
        raise


def cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    """Return a cancelled transaction's reasons, one a write."""
    reasons: Any = error.response["CancellationReasons"]
    return list(reasons)


def receipt_record(item: Any) -> dict[str, Any] | None:  # noqa: ANN401 - DynamoDB's typed JSON
    """Return the sealed record in a receipt's item: the receipt is the record under another key."""
    if item is None:
        return None
    record = plain(item)
    del record["pk"]
    return record


def plain(item: Any) -> dict[str, Any]:  # noqa: ANN401 - DynamoDB's typed JSON
    """Return an item as plain JSON; every number in these tables is an integer."""
    return {name: _integers(_deserializer.deserialize(value)) for name, value in item.items()}


def _integers(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {name: _integers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_integers(inner) for inner in value]
    return value if isinstance(value, str | bool | None) else int(value)


def _item(plain_item: dict[str, Any]) -> dict[str, Any]:
    return {name: _serializer.serialize(value) for name, value in plain_item.items()}


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
    return _item(item)


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
