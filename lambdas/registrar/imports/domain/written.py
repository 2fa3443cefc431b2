"""How the rows of a chunk were written: the result of WriteChunk, which AuditChunk reads."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from registrar.domain.errors import BrokenSeal
from registrar.domain.record import Record
from registrar.imports.domain.results import Consumed


@dataclass(frozen=True)
class Recorded:
    """The change was applied or rejected, and its record is in its receipt.

    Attributes:
        replayed: whether the receipt was there before.
    """

    record: Record
    replayed: bool


@dataclass(frozen=True)
class Rejected:
    """Rejected, as another request has used the change_id: the receipt has that request's record."""

    record: Record


@dataclass(frozen=True)
class Stopped:
    """The import had stopped before the row was decided."""


@dataclass(frozen=True)
class Unreadable:
    """The row could not be read."""


@dataclass(frozen=True)
class Altered:
    """What is stored for the row, in its receipt or in the chunk, is not a sealed record."""


WrittenRow = Recorded | Rejected | Stopped | Unreadable | Altered


@dataclass(frozen=True)
class WrittenChunk:
    """How each row of a chunk was written, and what that consumed."""

    rows: Sequence[WrittenRow]
    consumed: Consumed

    def as_json(self) -> dict[str, Any]:
        """Return the chunk as it is stored."""
        return {"rows": [*map(_as_json, self.rows)], "consumed": asdict(self.consumed)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what ``as_json`` returned, and check the seals."""
        return cls([*map(_from_json, value["rows"])], Consumed(**value["consumed"]))


def _as_json(row: WrittenRow) -> dict[str, Any]:
    match row:
        case Recorded(record, replayed):
            return {"record": record.as_json(), "replayed": replayed}
        case Rejected(record):
            return {"record": record.as_json()}
        case Stopped():
            return {"stopped": True}
        case Unreadable():
            return {}
        case Altered():
            # Releases before read this, too, as a record that is not sealed.
            return {"record": {}}


def _from_json(value: Mapping[str, Any]) -> WrittenRow:
    if "record" not in value:
        return Stopped() if "stopped" in value else Unreadable()
    try:
        record = Record.sealed(value["record"])
    except BrokenSeal:
        return Altered()
    return Recorded(record, value["replayed"]) if "replayed" in value else Rejected(record)
