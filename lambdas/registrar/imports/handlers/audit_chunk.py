"""The second half of a chunk of an import: delivers its records to the ledger and answers every row."""

import logging
import time
from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.ledger import Ledger
from registrar.imports.adapters import objects
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.meter import Meter
from registrar.imports.adapters.objects import Objects
from registrar.imports.domain.results import ChunkResult, Consumed, Tally
from registrar.imports.services.chunks import WORK_SECONDS, audit_rows

logger = logging.getLogger()
client = dynamodb.client_from_environment(connections=64)
s3_client = objects.client_from_environment()
meter = Meter(client)


def handler(event: dict[str, Any], _context: object) -> int:
    """Deliver the records of a chunk, keep the answers of its rows; return its number.

    Args:
        event: ``{"import_id": …, "chunk": …}``.

    Raises:
        TransientFault: some rows could not be recorded; try again.
    """
    began, before = time.monotonic(), meter.read()
    chunk: int = event["chunk"]
    store = ImportStore(Objects.from_environment(s3_client), event["import_id"])
    result = store.result(chunk)
    if result is None:
        plan, rows, written = store.plan(), store.rows(chunk), store.written(chunk)
        if plan is None or written is None:
            raise LookupError(store.key("written"))
        answers = audit_rows(
            rows, written["rows"], plan, Ledger.from_environment(client), began + WORK_SECONDS
        )
        consumed = meter.since(before, time.monotonic() - began) + Consumed(**written["consumed"])
        result = ChunkResult(answers, consumed)
        result = store.write_result(chunk, result)
    # Again after a death in between: of the result that stands, so it says the same.
    store.mark(chunk, Tally.of(result.results))
    logger.info("answered", extra={**event, "rows": len(result.results)})
    # Small, as the state machine keeps the outputs of all chunks together.
    return chunk
