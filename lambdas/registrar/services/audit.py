"""Records a rejection: its receipt and its ledger record together."""

from typing import TYPE_CHECKING, Any

from registrar.adapters import system
from registrar.adapters.ledger import Ledger, record_rejection
from registrar.adapters.users import Users
from registrar.domain.errors import ChangeRejected
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import Identified
from registrar.domain.reuse import REUSED

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def audit_rejection(
    client: "DynamoDBClient", users: Users, ledger: Ledger, request: Identified, rejected: ChangeRejected
) -> tuple[dict[str, Any], bool]:
    """Record a rejection; return the record that stands for this request and whether it stood before.

    Raises:
        LedgerMismatch: another record stands in its place.
        TransientFault: try again.
    """
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
