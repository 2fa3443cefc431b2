"""The second step: decides the change on the user as it stands and commits everything together."""

import logging
from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.environment import Environment
from registrar.adapters.store import Store
from registrar.domain.change import Change
from registrar.services.write import write

logger = logging.getLogger()
environment = Environment.read()
store = Store(dynamodb.make_client(), environment.users_table, environment.ledger_table)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write a valid change; return ``{"answer": …, "record": …}``, a sealed record not yet in the ledger.

    Raises:
        ChangeRejected: the user's state, or a name that another user holds, does not allow it.
        TransientFault: try again.
    """
    change = Change.from_json(event)
    written = write(change, store)
    logger.info(
        "written",
        extra={"change_id": change.change_id, "action": change.action, "replayed": written.replayed},
    )
    answer = written.record.answer(replayed=written.replayed)
    return {"answer": answer, "record": written.record.as_json()}
