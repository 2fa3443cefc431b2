"""Writes a valid change: decides it on the user as it stands and commits everything together."""

import time
from typing import Any, Final, Protocol

from registrar.adapters import system
from registrar.adapters.users import Cancelled
from registrar.domain.change import Action, Change, User
from registrar.domain.decide import Applied, decide, name_taken
from registrar.domain.errors import TransientFault
from registrar.domain.reuse import check_receipt

ATTEMPTS: Final = 6
"""Tries in one go before the caller is asked to wait longer and call again."""


class WritableUsers(Protocol):
    """What writing a change asks of the Users table (``registrar.adapters.users.Users``)."""

    def read(self, user_id: str, change_id: str) -> tuple[User | None, dict[str, Any] | None]:
        """Read a user and a change's receipt."""

    def commit(self, applied: Applied) -> Cancelled | None:
        """Commit a decided change, or tell why not."""


def write(change: Change, users: WritableUsers) -> tuple[dict[str, Any], bool]:
    """Write a change; return its sealed record and whether it had been decided before.

    Raises:
        ChangeRejected: the user's state or the names of others say no.
        TransientFault: try again.
    """
    user, last = None, None
    # A create expects nobody there, and the transaction tells when somebody is: no read is needed.
    if change.action is not Action.CREATE or change.expected_version:
        user, receipt = users.read(change.user_id, change.change_id)
        if receipt is not None:
            return check_receipt(receipt, change), True
    for attempt in range(ATTEMPTS):
        try:
            done = _attempt(change, user, users)
        except TransientFault as fault:
            last = fault
            time.sleep(system.jitter(0.02 * 2**attempt))
            continue
        if isinstance(done, tuple):
            return done
        last, user = None, done.user
        if user is None:
            user, receipt = users.read(change.user_id, change.change_id)
            if receipt is not None:
                return check_receipt(receipt, change), True
    met = f"DynamoDB answered {last}" if last else "somebody else had changed the user"
    raise TransientFault(f"not written in {ATTEMPTS} attempts: at the last one {met}") from last


def _attempt(
    change: Change, user: User | None, users: WritableUsers
) -> tuple[dict[str, Any], bool] | Cancelled:
    applied = decide(change, user, system.now(), system.salt())
    cancelled = users.commit(applied)
    if cancelled is None:
        return applied.record, False
    if cancelled.receipt is not None:
        return check_receipt(cancelled.receipt, change), True
    if cancelled.user_moved:
        return cancelled
    raise name_taken(cancelled.names_taken, user)
