"""The event of a DynamoDB stream, and what its consumer answers Lambda."""

from collections.abc import Mapping
from typing import Any

from registrar.adapters.dynamodb import plain
from registrar.domain.record import Record
from registrar.services.batch import Arrived, BatchFailures


def arrived(event: Mapping[str, Any], failures: BatchFailures) -> list[Arrived]:
    """Read the records of a batch of new items, receipts or records of the ledger; note those not sealed."""
    found = []
    for each in event["Records"]:
        change = each["dynamodb"]
        with failures.noting(change["SequenceNumber"]):
            # A receipt is the record under another key.
            value = {name: value for name, value in plain(change["NewImage"]).items() if name != "pk"}
            created_at = float(change.get("ApproximateCreationDateTime", 0))
            found.append(Arrived(change["SequenceNumber"], created_at, Record.sealed(value)))
    return found


def answer(failures: BatchFailures) -> dict[str, Any]:
    """Return ``{"batchItemFailures": [{"itemIdentifier": …}]}``, the numbers of those that failed."""
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failures.numbers]}
