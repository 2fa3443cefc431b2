"""The event that tells others of a change. It carries ids and names of fields, and no other personal data."""

from dataclasses import dataclass
from typing import Any, Final, Self

SOURCE: Final = "registrar"
DETAIL_TYPE: Final = "UserChanged"
SCHEMA_VERSION: Final = 1
"""Goes up when a field goes or changes its meaning; a new field alone leaves it."""


@dataclass(frozen=True)
class UserChanged:
    """One decided change, as it stands in the ledger.

    Attributes:
        schema_version: 1.
        change_id: the same whenever this event comes again; deduplicate by it and ``sequence``.
        outcome: APPLIED or REJECTED.
        action: create, update or delete; null when the request named none of them.
        user_id: null when the request had no usable one.
        version: the version that an applied change made; the one that a rejected change met, null if none.
        sequence: the record's place in the user's trail.
        recorded_at: when the change was decided, ISO 8601 UTC.
        changed: names of the attributes that have another value now.
        codes: why a change was rejected.
        record_hash: the record's hash in the ledger, SHA-256 as 64 hexadecimal digits.
    """

    schema_version: int
    change_id: str
    outcome: str
    action: str | None
    user_id: str | None
    version: int | None
    sequence: str
    recorded_at: str
    changed: list[str]
    codes: list[str]
    record_hash: str

    @classmethod
    def of(cls, record: dict[str, Any]) -> Self:
        """Make the event of a ledger record."""
        user_id = record["user_id"]
        return cls(
            schema_version=SCHEMA_VERSION,
            change_id=record["change_id"],
            outcome=record["outcome"],
            action=record.get("action"),
            user_id=None if user_id.startswith("invalid#") else user_id,
            version=record.get("version"),
            sequence=record["sequence"],
            recorded_at=record["recorded_at"],
            changed=sorted(record.get("changes", {})),
            codes=sorted({error["code"] for error in record.get("errors", [])}),
            record_hash=record["hash"],
        )
