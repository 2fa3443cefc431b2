"""The user that changes are applied to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from registrar.domain.canonical import JsonObject

ATTRIBUTES: Final = ("username", "email", "display_name", "status", "tags")


class Status(StrEnum):
    """A user's status; ``deleted`` marks the tombstone that keeps the versions going."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


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
    attributes: JsonObject
    created_at: str
    updated_at: str
