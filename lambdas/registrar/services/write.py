"""Writes a valid change: decides it on the user as it stands and commits everything together."""

from dataclasses import dataclass
from typing import Final, Protocol

from registrar.adapters import system
from registrar.adapters.retry import Retry
from registrar.domain.change import Action, Change
from registrar.domain.decide import Applied, Cancelled, decide, name_taken
from registrar.domain.errors import TransientFault
from registrar.domain.record import Record
from registrar.domain.reuse import check_receipt
from registrar.domain.user import User

RETRY: Final = Retry(first=0.02, attempts=6)
"""Within one invocation; after that Step Functions retries, with longer pauses."""


class WriteStore(Protocol):
    """The store, as the write of a change uses it (``registrar.adapters.store.Store``)."""

    def read(self, user_id: str, change_id: str) -> tuple[User | None, Record | None]:
        """Read a user and the record in a change's receipt."""

    def commit(self, applied: Applied) -> Cancelled | None:
        """Commit an applied change, or return why not."""


@dataclass(frozen=True)
class Written:
    """A change that has its record.

    Attributes:
        record: sealed, and in the change's receipt.
        replayed: whether it had been decided before.
    """

    record: Record
    replayed: bool


def write(change: Change, store: WriteStore) -> Written:
    """Write a change.

    Raises:
        ChangeRejected: the user's state, or a name that another user holds, does not allow it.
        TransientFault: try again.
    """
    # A create expects no user, and its transaction finds one that is there: no read is needed.
    user, receipt = None, None
    if change.action is not Action.CREATE or change.expected_version:
        # Not retried here: with the commits that follow it could outlast the function.
        user, receipt = store.read(change.user_id, change.change_id)

    def attempt() -> Written:
        nonlocal user, receipt
        if receipt is not None:
            return Written(check_receipt(receipt, change), replayed=True)
        applied = decide(change, user, system.now(), system.salt())
        match store.commit(applied):
            case None:
                return Written(applied.record, replayed=False)
            case Cancelled(receipt=Record() as found):
                return Written(check_receipt(found, change), replayed=True)
            case Cancelled(user_moved=True) as cancelled:
                user = cancelled.user
                if user is None:
                    user, receipt = store.read(change.user_id, change.change_id)
                raise TransientFault("another change of this user was faster")
            case cancelled:
                raise name_taken(cancelled.names_taken, user)

    return RETRY.call(attempt)
