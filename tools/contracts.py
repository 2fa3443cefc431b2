"""Write the contracts from their models: ``python -m tools.contracts``; ``--check`` only compares.

``change-request.schema.json`` and ``import-request.schema.json`` for the inputs of executions,
``user-changed.schema.json`` for the event, ``openapi.json`` for the HTTP API.
"""

import json
import sys
from pathlib import Path
from typing import Final

from tools.generated import write_or_check
from tools.openapi import document
from tools.schema import change_request, import_request, user_changed

FOLDER: Final = Path(__file__).parents[1] / "contracts"


def contracts() -> dict[Path, str]:
    """Return each contract's file and what must stand in it."""
    made = {
        "change-request.schema.json": change_request(),
        "import-request.schema.json": import_request(),
        "user-changed.schema.json": user_changed(),
        "openapi.json": document(),
    }
    return {FOLDER / name: json.dumps(contract, indent=2) + "\n" for name, contract in made.items()}


if __name__ == "__main__":
    sys.exit(write_or_check(contracts(), sys.argv[1:]))
