"""The third step: delivers the sealed record to the ledger."""

from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.environment import Environment
from registrar.adapters.store import Store
from registrar.domain.record import Record

environment = Environment.read()
store = Store(dynamodb.make_client(), environment.users_table, environment.ledger_table)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Deliver ``event["record"]`` and return ``event["answer"]``, the execution's output.

    Raises:
        BrokenSeal: it is no record.
        LedgerMismatch: another record stands in its place.
        TransientFault: try again.
    """
    store.deliver(Record.from_json(event["record"]))
    answer: dict[str, Any] = event["answer"]
    return answer
