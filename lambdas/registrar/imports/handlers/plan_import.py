"""The first step of an import: reads the file and cuts it into chunks."""

import logging
from typing import Any

from registrar.adapters.environment import Environment
from registrar.domain.times import in_utc
from registrar.imports.adapters import objects as objects_adapter
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.objects import Objects
from registrar.imports.domain.request import ImportRequest, checked
from registrar.imports.services.plan_import import plan_import

logger = logging.getLogger()
objects = Objects(objects_adapter.make_client(), Environment.read().import_bucket)


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Plan the import that ``event["request"]`` asks for; return where its manifest is.

    ``event["started_at"]`` is the start of the execution, as Step Functions writes times.

    Raises:
        ImportRefused: the request, or the file as a whole, cannot be imported.
        TransientFault: try again.
    """
    request = checked(ImportRequest, event["request"])
    imports = ImportStore(objects, event["import_id"])
    plan = plan_import(request, imports, in_utc(event["started_at"]))
    logger.info("planned", extra={"import_id": plan.import_id, "rows": plan.rows, "chunks": plan.chunks})
    return {"import_id": plan.import_id, "bucket": objects.bucket, "manifest": imports.manifest_key}
