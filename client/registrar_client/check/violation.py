"""What the checker reports."""

from dataclasses import asdict, dataclass
from typing import Any

Subject = tuple[str, ...]
"""What is checked by itself: ``("user", user_id)``, ``("item", pk)``, ``("record", user_id, sequence)``."""


@dataclass(frozen=True)
class Violation:
    """One inconsistency.

    Attributes:
        code: the kind of violation, such as ``receipt_missing``.
        subject: what was being checked.
        key: the item: ``Users`` or ``Ledger``, and its key.
        expected: any JSON value.
        found: any JSON value.
    """

    code: str
    subject: Subject
    key: str
    expected: Any
    found: Any

    def as_json(self) -> dict[str, Any]:
        """Return the violation as ``registrar check --json`` prints it."""
        return {name: value for name, value in asdict(self).items() if name != "subject"}
