"""AuditChunk, the second step of a chunk: delivers its records to the ledger, and answers every row."""

import logging
from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.environment import Environment
from registrar.adapters.store import Store
from registrar.imports.adapters import objects as objects_adapter
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.meter import Meter
from registrar.imports.adapters.objects import Objects
from registrar.imports.services.audit_chunk import audit_chunk

logger = logging.getLogger()
environment = Environment.read()
client = dynamodb.make_client(connections=64)
store = Store(client, environment.users_table, environment.ledger_table)
objects = Objects(objects_adapter.make_client(), environment.import_bucket)
meter = Meter(client)


def handler(event: dict[str, Any], _context: object) -> int:
    """Deliver the records of a chunk, store the results of its rows, and return its number.

    Args:
        event: ``{"import_id": …, "chunk": …}``.

    Raises:
        TransientFault: some rows could not be recorded; try again.
    """
    chunk: int = event["chunk"]
    result = audit_chunk(ImportStore(objects, event["import_id"]), chunk, store, meter)
    logger.info("answered", extra={**event, "rows": len(result.results)})
    # Small: the state machine collects the outputs of all chunks.
    return chunk
