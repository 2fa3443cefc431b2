"""The third step: delivers the sealed record to the ledger."""

from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.ledger import Ledger

client = dynamodb.client_from_environment()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Deliver ``event["record"]`` and return ``event["answer"]``, the execution's output.

    Raises:
        LedgerMismatch: another record stands in its place.
        TransientFault: try again.
    """
    Ledger.from_environment(client).deliver(event["record"])
    answer: dict[str, Any] = event["answer"]
    return answer
