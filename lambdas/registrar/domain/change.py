"""A valid change, and the user that it is applied to."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Action(StrEnum):
    """What a change does to its user."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Outcome(StrEnum):
    """How a change ended."""

    APPLIED = "APPLIED"
    REJECTED = "REJECTED"


class Status(StrEnum):
    """A user's status; ``deleted`` marks the tombstone that keeps the versions going."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


@dataclass(frozen=True)
class Change:
    """A change whose request has been found valid.

    Attributes:
        attributes: a JSON Merge Patch (RFC 7396) on the user's attributes; empty for a delete.
        expected_version: the version that the caller has last seen; 0 says that the user was never there.
        request_hash: SHA-256 of the request without its change_id; tells a replay from a reused id.
    """

    change_id: str
    action: Action
    user_id: str
    attributes: dict[str, Any]
    expected_version: int | None
    actor: dict[str, str]
    reason: str | None
    request_hash: str

    def as_json(self) -> dict[str, Any]:
        """Return the change as the validating step hands it on."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        return cls(**{**value, "action": Action(value["action"])})


@dataclass(frozen=True)
class User:
    """A user's record as it stands, tombstones included.

    Attributes:
        version: 1 for the first applied change, one more with each.
        head: hash of the newest audit record.
        attributes: username, email, display_name, status and tags, as given; a tombstone has none.
        created_at: when this life of the user began, ISO 8601 UTC; kept by the tombstone.
        updated_at: when the newest change was sealed, ISO 8601 UTC.
    """

    user_id: str
    version: int
    head: str
    deleted: bool
    attributes: dict[str, Any]
    created_at: str
    updated_at: str
