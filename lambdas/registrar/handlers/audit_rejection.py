"""The other third step: records a rejection, its receipt and its ledger record together."""

import json
import logging
from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.environment import Environment
from registrar.adapters.store import Store
from registrar.domain.errors import ChangeRejected
from registrar.domain.request import identify
from registrar.services.audit import audit_rejection

logger = logging.getLogger()
environment = Environment.read()
store = Store(dynamodb.make_client(), environment.users_table, environment.ledger_table)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Record why ``event["request"]`` was rejected and return the answer, the execution's output.

    ``event["cause"]`` is the cause that Step Functions caught: the JSON of a Lambda error.

    Raises:
        LedgerMismatch: another record stands in its place.
        TransientFault: try again.
    """
    request = identify(event["request"], event["execution_name"])
    rejected = ChangeRejected.from_message(json.loads(event["cause"])["errorMessage"])
    written = audit_rejection(request, rejected, store)
    codes = [problem.code for problem in written.record.errors or ()]
    logger.info("rejected", extra={"change_id": written.record.change_id, "codes": codes})
    return written.record.answer(replayed=written.replayed)
