"""The last step of an import: one report of all rows, or of why there is none."""

import json
import logging
import os
from typing import Any, Final

from registrar.domain.errors import ImportRefused
from registrar.imports.adapters import objects
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.objects import Objects
from registrar.imports.services.finish_import import finish_import, refuse_import

# All functions of an import have the same.
MEMORY_GB: Final = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")) / 1024

logger = logging.getLogger()
s3_client = objects.client_from_environment()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write the report and return the summary, the execution's output.

    Args:
        event: ``{"import_id": …}``; with the cause that Step Functions caught for a file that was refused.

    Raises:
        LedgerMismatch: a row met one: the report is there, and somebody must look.
        TransientFault: try again.
    """
    store = ImportStore(Objects.from_environment(s3_client), event["import_id"])
    if "cause" in event:
        refused = ImportRefused.from_message(json.loads(event["cause"])["errorMessage"])
        summary = refuse_import(store, refused)
    else:
        plan = store.plan()
        if plan is None:
            raise LookupError(store.key("plan.json"))
        summary = finish_import(store, plan, MEMORY_GB)
    logger.info("finished", extra={"import_id": store.import_id, "status": summary["status"]})
    return summary
