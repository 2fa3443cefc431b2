"""The last step of an import: one report of all rows, or the reasons why there is none."""

import json
import logging
import os
from typing import Any, Final

from registrar.adapters.environment import Environment
from registrar.domain.errors import ImportRefused
from registrar.imports.adapters import objects as objects_adapter
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.objects import Objects
from registrar.imports.services.finish_import import finish_import, refuse_import

logger = logging.getLogger()
objects = Objects(objects_adapter.make_client(), Environment.read().import_bucket)
MEMORY_GB: Final = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")) / 1024
"""This function's memory; all functions of an import have the same."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write the report and return the summary, the execution's output.

    Args:
        event: ``{"import_id": …}``; for a refused import with the cause that Step Functions caught.

    Raises:
        LedgerMismatch: a row met one; the report is there.
        TransientFault: try again.
    """
    imports = ImportStore(objects, event["import_id"])
    if "cause" in event:
        refused = ImportRefused.from_message(json.loads(event["cause"])["errorMessage"])
        summary = refuse_import(imports, refused).as_json()
    else:
        summary = finish_import(imports, MEMORY_GB).as_json()
    logger.info("finished", extra={"import_id": imports.import_id, "status": summary["status"]})
    return summary
