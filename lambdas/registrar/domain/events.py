"""The event published for each change. It carries ids and names of fields, and no other personal data."""

from dataclasses import dataclass
from typing import Final, Self

from registrar.domain.record import Record

SOURCE: Final = "registrar"
DETAIL_TYPE: Final = "UserChanged"
SCHEMA_VERSION: Final = 1
"""Incremented when a field is removed or changes its meaning, not when one is added."""


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
    def of(cls, record: Record) -> Self:
        """Make the event of a ledger record."""
        return cls(
            schema_version=SCHEMA_VERSION,
            change_id=record.change_id,
            outcome=record.outcome.value,
            action=record.action,
            user_id=record.subject,
            version=record.version,
            sequence=record.sequence,
            recorded_at=record.recorded_at,
            changed=sorted(record.changes or ()),
            codes=sorted({problem.code for problem in record.errors or ()}),
            record_hash=record.hash,
        )
