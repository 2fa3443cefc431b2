"""The second step: decides the change on the user as it stands and commits everything together."""

import logging
import random
import time
from typing import Any, Final

from adapters import dynamodb, system
from adapters.users import Cancelled, Users
from registrar.change import Action, Change, User
from registrar.decide import decide, name_taken
from registrar.errors import TransientFault
from registrar.record import answer
from registrar.reuse import check_receipt

ATTEMPTS: Final = 6
"""Tries in one invocation before Step Functions is asked to wait longer and call again."""

logger = logging.getLogger()
client = dynamodb.client_from_environment()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write a valid change; return ``{"answer": …, "record": …}``, a sealed record not yet in the ledger.

    Raises:
        ChangeRejected: the user's state or the names of others say no.
        TransientFault: try again.
    """
    change = Change.from_json(event)
    record, replayed = write(change, Users.from_environment(client))
    logger.info(
        "written", extra={"change_id": change.change_id, "action": change.action, "replayed": replayed}
    )
    return {"answer": answer(record, replayed=replayed), "record": record}


def write(change: Change, users: Users) -> tuple[dict[str, Any], bool]:
    """Write a change; return its sealed record and whether it had been decided before."""
    user = None
    # A create expects nobody there, and the transaction tells when somebody is: no read is needed.
    if change.action is not Action.CREATE or change.expected_version:
        user, receipt = users.read(change.user_id, change.change_id)
        if receipt is not None:
            return check_receipt(receipt, change), True
    for attempt in range(ATTEMPTS):
        try:
            done = _attempt(change, user, users)
        except TransientFault:
            # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - no secret
            continue
        if isinstance(done, tuple):
            return done
        user = done.user
        if user is None:
            user, receipt = users.read(change.user_id, change.change_id)
            if receipt is not None:
                return check_receipt(receipt, change), True
    raise TransientFault("others keep changing this user")


def _attempt(change: Change, user: User | None, users: Users) -> tuple[dict[str, Any], bool] | Cancelled:
    applied = decide(change, user, system.now(), system.salt())
    cancelled = users.commit(applied)
    if cancelled is None:
        return applied.record, False
    if cancelled.receipt is not None:
        return check_receipt(cancelled.receipt, change), True
    if cancelled.user_moved:
        return cancelled
    raise name_taken(cancelled.names_taken, user)
