"""The store of a dry run: answers as the tables would, and writes nothing."""

from registrar.domain.decide import Applied, Cancelled
from registrar.domain.record import Record
from registrar.domain.user import User
from registrar.imports.services.stores import ChunkStore


class DryRunStore:
    """Reads the tables, and keeps in memory what would be written to them.

    That is seen by the later rows of the same user, and by no others.
    """

    def __init__(self, store: ChunkStore) -> None:
        self._store = store
        self._users: dict[str, User] = {}
        self._receipts: dict[str, Record] = {}

    def read(self, user_id: str, change_id: str) -> tuple[User | None, Record | None]:
        """Read a user and a change's receipt, as ``Store.read``."""
        user, receipt = self._store.read(user_id, change_id)
        return self._users.get(user_id, user), self._receipts.get(change_id, receipt)

    def commit(self, applied: Applied) -> Cancelled | None:
        """Return what ``Store.commit`` would."""
        user_id, change_id = applied.after.user_id, applied.record.change_id
        user, receipt = self.read(user_id, change_id)
        moved = (user.version if user else None) != (applied.before.version if applied.before else None)
        taken = self._store.names_of_others(applied)
        if receipt or moved or taken:
            return Cancelled(receipt, moved, user, taken)
        self._users[user_id] = applied.after
        self._receipts[change_id] = applied.record
        return None

    def put_receipt(self, record: Record) -> Record | None:
        """Return what ``Store.put_receipt`` would."""
        found = self._receipts.get(record.change_id)
        found = found or self._store.receipts([record.change_id]).get(record.change_id)
        if found is None:
            self._receipts[record.change_id] = record
        return found
