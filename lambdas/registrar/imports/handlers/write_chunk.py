"""The first half of a chunk of an import: decides its rows and commits each with all that belongs to it."""

import logging
import time
from typing import Any

from registrar.adapters import dynamodb
from registrar.adapters.users import Users
from registrar.imports.adapters import objects
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.meter import Meter
from registrar.imports.adapters.objects import Objects
from registrar.imports.domain.plan import Plan
from registrar.imports.services.chunks import WORK_SECONDS, Allowance, write_rows
from registrar.imports.services.dry_run import DryRunUsers

logger = logging.getLogger()
client = dynamodb.client_from_environment(connections=64)
s3_client = objects.client_from_environment()
meter = Meter(client)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write the rows of a chunk, keep their records for the next step, and return the event.

    A chunk that was written is left alone. One that died is run again, and finds what was committed.

    Args:
        event: ``{"import_id": …, "chunk": …}``.

    Raises:
        TransientFault: some rows could not be written; try again.
    """
    began, before = time.monotonic(), meter.read()
    store = ImportStore(Objects.from_environment(s3_client), event["import_id"])
    if store.written(event["chunk"]) is not None:
        return event
    plan = store.plan()
    if plan is None:
        raise LookupError(store.key("plan.json"))
    table = Users.from_environment(client)
    written = write_rows(
        store.rows(event["chunk"]),
        table,
        (lambda: DryRunUsers(table)) if plan.dry_run else (lambda: table),
        began + WORK_SECONDS,
        _allowance(store, plan),
    )
    store.write_written(
        event["chunk"], {"rows": written, "consumed": meter.since(before, time.monotonic() - began).as_json()}
    )
    logger.info("written", extra={**event, "rows": len(written)})
    return event


def _allowance(store: ImportStore, plan: Plan) -> Allowance:
    """Return how many rows this chunk may leave without being applied before it stops."""
    if plan.stop_after is None:
        return Allowance()
    return Allowance(plan.stop_after - store.progress().not_applied)
