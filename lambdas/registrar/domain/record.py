"""The audit record: sealed when the change is decided, chained to the one before it.

The hash covers every field but the erasable ones; those are covered by a salted commitment. So personal data
can be erased later and the chain still verifies, while the commitment does not reveal it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from registrar.domain.canonical import JsonObject, sha256_of
from registrar.domain.change import Outcome
from registrar.domain.errors import BrokenSeal, Problem

GENESIS: Final = "0" * 64
"""The ``previous_hash`` of a record that follows no other."""

ERASABLE: Final = ("reason", "changes", "errors", "request_hash")
"""The fields beside the chain: the hash covers a commitment to them."""

UNKNOWN_USER: Final = "invalid#"
"""Begins the ``user_id`` under which a rejection without a usable one is filed."""

RecordKey = tuple[str, str]
"""Where a record stands in the ledger: its ``user_id`` and its ``sequence``."""

_REQUIRED: Final = frozenset(
    {"user_id", "sequence", "change_id", "recorded_at", "previous_hash", "commitment", "hash"}
)
_TYPES: Final[Mapping[str, type]] = {
    **dict.fromkeys((*_REQUIRED, "outcome", "request_hash", "action", "reason", "salt"), str),
    "version": int,
    "actor": dict,
    "changes": dict,
    "errors": list,
}


@dataclass(frozen=True)
class Record:
    """The decision on one change: what it changed or why it was rejected, when and by whom.

    Attributes:
        sequence: the record's place within its user: ``v#…`` applied, ``r#…`` rejected.
        request_hash: of the request that was decided; None once it is erased.
        recorded_at: when the change was decided, ISO 8601 UTC.
        version: for an applied change the version it made; for a rejected one the version it met, if known.
        changes: for each changed attribute ``{"before": …, "after": …}``, without a side that was not there.
        errors: a rejection's problems.
        salt: 32 random hexadecimal digits, of this record alone.
        commitment: SHA-256 over the salt and the erasable fields.
        hash: SHA-256 over every field but the erasable ones, the salt and the hash itself.
        more: fields that a later release has added; kept, so that the hash still covers them.
    """

    user_id: str
    sequence: str
    change_id: str
    outcome: Outcome
    request_hash: str | None
    recorded_at: str
    previous_hash: str
    action: str | None = None
    version: int | None = None
    actor: Mapping[str, str] | None = None
    reason: str | None = None
    changes: Mapping[str, JsonObject] | None = None
    errors: tuple[Problem, ...] | None = None
    salt: str | None = None
    commitment: str = ""
    hash: str = ""
    more: JsonObject = field(default_factory=dict)

    @property
    def key(self) -> RecordKey:
        """Where the record stands in the ledger."""
        return self.user_id, self.sequence

    @property
    def applied(self) -> bool:
        """Whether the change took effect."""
        return self.outcome is Outcome.APPLIED

    @property
    def subject(self) -> str | None:
        """The id of the changed user, None when the request had no usable one."""
        return None if self.user_id.startswith(UNKNOWN_USER) else self.user_id

    def seal(self, salt: str) -> Self:
        """Return the record with its commitment and its hash.

        Args:
            salt: 32 hexadecimal digits, random for each record.

        Raises:
            BrokenSeal: a field has a wrong type, as when the user that it follows from was altered.
        """
        value = replace(self, salt=salt).as_json()
        value["commitment"] = commitment_of(value)
        value["hash"] = hash_of(value)
        return type(self).from_json(value)

    def is_sealed(self) -> bool:
        """Return whether the commitment and the hash are right, by recomputing both."""
        value = self.as_json()
        return self.commitment == commitment_of(value) and self.hash == hash_of(value)

    def answer(self, *, replayed: bool) -> dict[str, Any]:
        """Return the change's answer as JSON, made of the record alone, so every replay gets the same."""
        return {
            "change_id": self.change_id,
            "outcome": self.outcome.value,
            "user_id": self.subject,
            "version": self.version,
            "errors": [problem.as_json() for problem in self.errors or ()],
            "record_hash": self.hash,
            "replayed": replayed,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the record as it stands in receipt and ledger; a field that is None is left out."""
        value = {name: each for name, each in vars(self).items() if each is not None and name != "more"}
        value["outcome"] = self.outcome.value
        if self.errors is not None:
            value["errors"] = [problem.as_json() for problem in self.errors]
        return {**value, **self.more}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what ``as_json`` wrote; its seal is not checked.

        Raises:
            BrokenSeal: no record has such fields.
        """
        known = {name: each for name, each in value.items() if name in _TYPES}
        if not known.keys() >= _REQUIRED or any(
            type(each) is not _TYPES[name] for name, each in known.items()
        ):
            raise BrokenSeal(str(value.get("sequence")))
        try:
            known["outcome"] = Outcome(known["outcome"])
            if "errors" in known:
                known["errors"] = tuple(map(Problem.from_json, known["errors"]))
        except (LookupError, TypeError, ValueError):
            raise BrokenSeal(str(value["sequence"])) from None
        more = {name: each for name, each in value.items() if name not in _TYPES}
        record = cls(**{"request_hash": None, **known}, more=more)
        if record.errors and record.as_json()["errors"] != value["errors"]:
            raise BrokenSeal(record.sequence)
        if record.applied and record.version is None:
            raise BrokenSeal(record.sequence)
        return record

    @classmethod
    def sealed(cls, value: Mapping[str, Any]) -> Self:
        """Read a record that is sealed.

        Raises:
            BrokenSeal: it is not.
        """
        record = cls.from_json(value)
        if not record.is_sealed():
            raise BrokenSeal(record.sequence)
        return record


def applied_sequence(version: int) -> str:
    """Return the ledger sequence of the record that made a version."""
    return f"v#{version:012d}"


def rejected_sequence(change_id: str) -> str:
    """Return the ledger sequence of a rejected change's record."""
    return f"r#{change_id}"


def reused_sequence(change_id: str, request_hash: str) -> str:
    """Return the ledger sequence of the refused re-use of an id."""
    return f"r#{change_id}#{request_hash}"


def commitment_of(value: Mapping[str, Any]) -> str:
    """Recompute the commitment of a record's JSON: over the salt and the erasable fields that are there."""
    return sha256_of({name: value[name] for name in (*ERASABLE, "salt") if name in value})


def hash_of(value: Mapping[str, Any]) -> str:
    """Recompute the hash of a record's JSON: over all but the erasable fields, the salt and the hash."""
    return sha256_of({name: each for name, each in value.items() if name not in (*ERASABLE, "salt", "hash")})
