"""The audit record: sealed when the change is decided, chained to the one before it.

The hash covers every field but the erasable ones; those are covered by a salted commitment. So personal data
can be erased later and the chain still verifies, while nobody can tell from the commitment what it was.
"""

from dataclasses import dataclass
from typing import Any, Final

from registrar.domain.canonical import sha256_of
from registrar.domain.change import Outcome
from registrar.domain.errors import BrokenSeal

GENESIS: Final = "0" * 64
"""The ``previous_hash`` of a record that follows no other."""

ERASABLE: Final = ("reason", "changes", "errors", "request_hash")
"""The fields beside the chain: the hash covers a commitment to them."""


@dataclass(frozen=True)
class Draft:
    """What a record says, before it is sealed.

    Attributes:
        sequence: the record's place within its user: ``v#…`` applied, ``r#…`` rejected.
        version: for an applied change the version it made; for a rejected one the version it met, if known.
        changes: for each changed attribute ``{"before": …, "after": …}``, without a side that was not there.
        errors: a rejection's problems.
    """

    user_id: str
    sequence: str
    change_id: str
    outcome: Outcome
    request_hash: str
    recorded_at: str
    previous_hash: str
    action: str | None = None
    version: int | None = None
    actor: dict[str, str] | None = None
    reason: str | None = None
    changes: dict[str, Any] | None = None
    errors: list[dict[str, str]] | None = None


def applied_sequence(version: int) -> str:
    """Return the ledger sequence of the record that made a version."""
    return f"v#{version:012d}"


def rejected_sequence(change_id: str) -> str:
    """Return the ledger sequence of a rejected change's record."""
    return f"r#{change_id}"


def reused_sequence(change_id: str, request_hash: str) -> str:
    """Return the ledger sequence of the refused re-use of an id."""
    return f"r#{change_id}#{request_hash}"


def seal(draft: Draft, salt: str) -> dict[str, Any]:
    """Seal a record: add the commitment to its erasable fields and the hash over the rest.

    Args:
        draft: what the record says; fields that are None are left out.
        salt: 32 hexadecimal digits, random for each record.

    Returns:
        The record as it stands in the ledger, a JSON object.
    """
    record = {name: value for name, value in vars(draft).items() if value is not None}
    record["salt"] = salt
    record["commitment"] = commitment_of(record)
    record["hash"] = hash_of(record)
    return record


def commitment_of(record: dict[str, Any]) -> str:
    """Recompute the commitment: SHA-256 over the salt and the erasable fields that are there."""
    return sha256_of({name: record[name] for name in (*ERASABLE, "salt") if name in record})


def hash_of(record: dict[str, Any]) -> str:
    """Recompute the hash: SHA-256 over every field but the erasable ones, the salt and the hash itself."""
    return sha256_of(
        {name: value for name, value in record.items() if name not in (*ERASABLE, "salt", "hash")}
    )


def is_sealed(record: dict[str, Any]) -> bool:
    """Recompute what a record says of itself; tell whether its commitment and its hash are right."""
    return record.get("commitment") == commitment_of(record) and record.get("hash") == hash_of(record)


def check_seal(record: dict[str, Any] | None) -> dict[str, Any]:
    """Return a record that is sealed.

    Raises:
        BrokenSeal: it is not, or there is none.
    """
    if not record or not is_sealed(record):
        raise BrokenSeal(str((record or {}).get("sequence")))
    return record


def answer(record: dict[str, Any], *, replayed: bool) -> dict[str, Any]:
    """Return the answer to a change, from its sealed record alone: so every replay answers alike."""
    return {
        "change_id": record["change_id"],
        "outcome": record["outcome"],
        "user_id": record["user_id"] if not record["user_id"].startswith("invalid#") else None,
        "version": record.get("version"),
        "errors": record.get("errors", []),
        "record_hash": record["hash"],
        "replayed": replayed,
    }
