"""The guard: makes sure that the record of every receipt is in the ledger."""

from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.environment import Environment
from registrar.adapters.store import Store
from registrar.handlers import stream
from registrar.services.batch import BatchFailures
from registrar.services.guard import guard

environment = Environment.read()
store = Store(dynamodb.make_client(), environment.users_table, environment.ledger_table)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Deliver the record of each new receipt that its execution has not delivered.

    Args:
        event: new receipts, a batch of the Users table's stream.

    Returns:
        ``stream.answer``.

    Raises:
        TransientFault: the ledger could not be read; the whole batch comes again.
    """
    failures = BatchFailures()
    guard(stream.arrived(event, failures), store, float(environment.grace_seconds), failures)
    return stream.answer(failures)
