"""The other third step: records a rejection, its receipt and its ledger record together."""

import json
import logging
from typing import Any

from adapters import dynamodb, system
from adapters.ledger import Ledger, record_rejection
from adapters.users import Users
from registrar.errors import ChangeRejected
from registrar.record import answer
from registrar.rejection import seal_rejection
from registrar.request import Identified, identify
from registrar.reuse import REUSED

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
    record, replayed = audit_rejection(request, rejected)
    logger.info(
        "rejected",
        extra={"change_id": record["change_id"], "codes": [e["code"] for e in record.get("errors", [])]},
    )
    return answer(record, replayed=replayed)


def audit_rejection(request: Identified, rejected: ChangeRejected) -> tuple[dict[str, Any], bool]:
    """Record a rejection; return the record that stands for this request and whether it stood before."""
    users = Users.from_environment(client)
    ledger = Ledger.from_environment(client)
    if REUSED not in rejected.problems:
        record = seal_rejection(request, rejected, system.now(), system.salt())
        found = record_rejection(client, users, ledger, record)
        if found is None:
            return record, False
        if found["request_hash"] == request.request_hash:
            # Decided before. Whoever decided it may have died before its record was delivered.
            ledger.deliver(found)
            return found, True
        # What the tables said no to depends on the moment; that the id is used up does not.
        rejected = ChangeRejected((REUSED, *request.problems))
    record = seal_rejection(request, rejected, system.now(), system.salt())
    found = ledger.add(record)
    return (record, False) if found is None else (found, True)
