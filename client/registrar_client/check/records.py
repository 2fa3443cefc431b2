"""What can be wrong with a record: its own fields, its receipt, what it follows."""

from collections.abc import Iterator
from typing import Any

from registrar_client.check import rules
from registrar_client.check.rules import GENESIS, Item

Wrong = Iterator[tuple[str, Any, Any]]
"""Violations as (code, expected, found)."""


def wrong_fields(record: Item) -> Wrong:
    """Yield the fields of a record that do not match the others."""
    if record.get("commitment") != (commitment := rules.commitment(record)):
        yield "commitment_broken", commitment, record.get("commitment")
    if record.get("hash") != (record_hash := rules.record_hash(record)):
        yield "hash_broken", record_hash, record.get("hash")
    if record["sequence"] not in rules.sequences(record):
        yield "record_misplaced", sorted(rules.sequences(record)), record["sequence"]


def wrong_receipt(record: Item, receipt: Item | None) -> Wrong:
    """Yield how a record and the receipt of its change do not match."""
    if rules.is_reuse(record):
        if receipt is None or receipt.get("request_hash") == record.get("request_hash"):
            yield "reuse_unexplained", "the receipt of another request", receipt
    else:
        expected = {"pk": f"CHANGE#{record.get('change_id')}", **record}
        if receipt is None:
            yield "receipt_missing", expected, None
        elif not rules.same(receipt, expected):
            yield "receipt_differs", expected, receipt


def wrong_links(record: Item, items: dict[str, Item], versions: dict[tuple[str, str], Item]) -> Wrong:
    """Yield what a record needs and does not have: its user, or the version that a rejection met."""
    if record.get("outcome") == "APPLIED":
        if f"USER#{record['user_id']}" not in items:
            yield "user_missing", f"USER#{record['user_id']}", None
        return
    expected = versions.get(met_version(record), {}).get("hash") if record.get("version") else GENESIS
    if record.get("previous_hash") != expected:
        yield "chain_broken", expected, record.get("previous_hash")


def met_version(record: Item) -> tuple[str, str]:
    """Return the key of the record of the version that a rejection met."""
    version = record["version"] if isinstance(record.get("version"), int) else 0
    return record["user_id"], f"v#{version:012d}"
