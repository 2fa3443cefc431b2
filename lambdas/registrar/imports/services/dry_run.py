"""Users as they would be, while nothing is written."""

from typing import Any

from registrar.adapters.users import Cancelled, Users
from registrar.domain.change import User
from registrar.domain.decide import Applied


class DryRunUsers:
    """Answers as the Users table would, and keeps what would be written to itself.

    What a dry run writes is seen by the later rows of the same user, and by nobody else.
    """

    def __init__(self, users: Users) -> None:
        self._table = users
        self._users: dict[str, User] = {}
        self._receipts: dict[str, dict[str, Any]] = {}

    def read(self, user_id: str, change_id: str) -> tuple[User | None, dict[str, Any] | None]:
        """Read a user and a change's receipt, as ``Users.read``."""
        user, receipt = self._table.read(user_id, change_id)
        return self._users.get(user_id, user), self._receipts.get(change_id, receipt)

    def commit(self, applied: Applied) -> Cancelled | None:
        """Tell what ``Users.commit`` would."""
        user_id, change_id = applied.after.user_id, applied.record["change_id"]
        user, receipt = self.read(user_id, change_id)
        moved = (user.version if user else None) != (applied.before.version if applied.before else None)
        taken = self._table.names_of_others(applied)
        if receipt or moved or taken:
            return Cancelled(receipt, moved, user, taken)
        self._users[user_id] = applied.after
        self._receipts[change_id] = applied.record
        return None

    def reject(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """Tell what ``Users.reject`` would."""
        change_id = record["change_id"]
        found = self._receipts.get(change_id) or self._table.receipts([change_id]).get(change_id)
        if found is None:
            self._receipts[change_id] = record
        return found
