"""The first step of an import: reads the file and cuts it into chunks."""

import logging
from typing import Any

from registrar.adapters import system
from registrar.imports.adapters import objects
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.objects import Objects
from registrar.imports.domain.request import import_request_of
from registrar.imports.services.plan_import import plan_import

logger = logging.getLogger()
s3_client = objects.client_from_environment()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Plan the import that ``event["request"]`` asks for; return where its manifest is.

    ``event["started_at"]`` is the start of the execution, as Step Functions writes times.

    Raises:
        ImportRefused: the file as a whole, or the request, cannot be worked on.
        TransientFault: try again.
    """
    bucket = Objects.from_environment(s3_client)
    request, started_at = import_request_of(event["request"]), system.in_utc(event["started_at"])
    plan = plan_import(request, event["import_id"], started_at, bucket)
    logger.info("planned", extra={"import_id": plan.import_id, "rows": plan.rows, "chunks": plan.chunks})
    manifest = ImportStore(bucket, plan.import_id).manifest_key
    return {"import_id": plan.import_id, "bucket": bucket.bucket, "manifest": manifest}
