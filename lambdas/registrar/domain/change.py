"""A valid change: what it asks for, and how it may end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from registrar.domain.canonical import JsonObject


class Action(StrEnum):
    """The effect of a change on its user."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Outcome(StrEnum):
    """How a change ended."""

    APPLIED = "APPLIED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class Change:
    """A change whose request has been found valid.

    Attributes:
        attributes: a JSON Merge Patch (RFC 7396) on the user's attributes; empty for a delete.
        expected_version: the version that the caller saw last; 0 means that the user never existed.
        actor: who asks: ``id``, ``type`` and, of an assumed role, ``session``.
        request_hash: SHA-256 of the request without its change_id; distinguishes a replay from a reused id.
    """

    change_id: str
    action: Action
    user_id: str
    attributes: JsonObject
    expected_version: int | None
    actor: Mapping[str, str]
    reason: str | None
    request_hash: str

    def as_json(self) -> dict[str, Any]:
        """Return the change as the validating step passes it on."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        return cls(**{**value, "action": Action(value["action"])})
