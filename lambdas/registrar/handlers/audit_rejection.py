"""The other third step: records a rejection, its receipt and its ledger record together."""

import json
import logging
from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.ledger import Ledger
from registrar.adapters.users import Users
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import answer
from registrar.domain.request import identify
from registrar.services.audit import audit_rejection

logger = logging.getLogger()
client = dynamodb.client_from_environment()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Record why ``event["request"]`` was rejected and return the answer, the execution's output.

    ``event["cause"]`` is the cause that Step Functions caught: the JSON of a Lambda error.

    Raises:
        LedgerMismatch: another record stands in its place.
        TransientFault: try again.
    """
    request = identify(event["request"], event["execution_name"])
    rejected = ChangeRejected.from_message(json.loads(event["cause"])["errorMessage"])
    if request.problems:
        rejected = ChangeRejected(request.problems)
    users, ledger = Users.from_environment(client), Ledger.from_environment(client)
    record, replayed = audit_rejection(client, users, ledger, request, rejected)
    logger.info(
        "rejected",
        extra={"change_id": record["change_id"], "codes": [e["code"] for e in record.get("errors", [])]},
    )
    return answer(record, replayed=replayed)
