"""Items of the Users table, and what they stand for."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from registrar.adapters.dynamodb import item_of, plain
from registrar.domain.record import Record
from registrar.domain.user import ATTRIBUTES, Status, User

Item = dict[str, Any]
"""An item in DynamoDB's typed JSON."""

LISTING_SHARDS: Final = 8
"""One status is spread over so many partitions of the index ``by_status``."""


def user_key(user_id: str) -> Item:
    """Return the key of a user."""
    return {"pk": {"S": f"USER#{user_id}"}}


def receipt_key(change_id: str) -> Item:
    """Return the key of a change's receipt."""
    return {"pk": {"S": f"CHANGE#{change_id}"}}


def name_key(kind: str, form: str) -> Item:
    """Return the key of a held name."""
    return {"pk": {"S": f"NAME#{kind}#{form}"}}


def receipt_item(record: Record) -> Item:
    """Return a receipt: the record under the key of its change."""
    return {**receipt_key(record.change_id), **item_of(record.as_json())}


def record_of(item: Mapping[str, Any] | None) -> Record | None:
    """Return the record in a receipt or in an item of the ledger, None for none.

    Raises:
        BrokenSeal: no record has such fields.
    """
    if item is None:
        return None
    return Record.from_json(plain({name: value for name, value in item.items() if name != "pk"}))


def user_item(user: User) -> Item:
    """Return a user's item, with its place in the listing."""
    item = {
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
    return {**user_key(user.user_id), **item_of(item)}


def user_of(item: Mapping[str, Any] | None) -> User | None:
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
        attributes={} if deleted else {name: values[name] for name in ATTRIBUTES if name in values},
        created_at=values["created_at"],
        updated_at=values["updated_at"],
    )
