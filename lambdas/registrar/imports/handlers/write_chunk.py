"""WriteChunk, the first step of a chunk: decides its rows, and commits each with its receipt."""

import logging
from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.environment import Environment
from registrar.adapters.store import Store
from registrar.imports.adapters import objects as objects_adapter
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.meter import Meter
from registrar.imports.adapters.objects import Objects
from registrar.imports.services.write_chunk import write_chunk

logger = logging.getLogger()
environment = Environment.read()
client = dynamodb.make_client(connections=64)
store = Store(client, environment.users_table, environment.ledger_table)
objects = Objects(objects_adapter.make_client(), environment.import_bucket)
meter = Meter(client)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write the rows of a chunk, store their records for the next step, and return the event.

    Args:
        event: ``{"import_id": …, "chunk": …}``.

    Raises:
        TransientFault: some rows could not be written; try again.
    """
    written = write_chunk(ImportStore(objects, event["import_id"]), event["chunk"], store, meter)
    logger.info("written", extra={**event, "rows": len(written.rows)})
    return event
