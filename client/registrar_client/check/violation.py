"""What the checker reports."""

from dataclasses import asdict, dataclass
from typing import Any

Subject = tuple[str, ...]
"""What can be checked alone: ``("user", user_id)``, ``("item", pk)``, ``("record", user_id, sequence)``."""


@dataclass(frozen=True)
class Violation:
    """One thing that is not as it must be.

    Attributes:
        code: what kind of violation, for programs, such as ``receipt_missing``.
        subject: what was checked when it was found.
        key: the item at fault: ``Users`` or ``Ledger``, and its key.
        expected: what should stand there, any JSON value.
        found: what stands there, any JSON value.
    """

    code: str
    subject: Subject
    key: str
    expected: Any
    found: Any

    def as_json(self) -> dict[str, Any]:
        """Return the violation as ``registrar check --json`` prints it."""
        return {name: value for name, value in asdict(self).items() if name != "subject"}
