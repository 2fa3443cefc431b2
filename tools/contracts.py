"""Write the contracts from their models: ``python -m tools.contracts``; ``--check`` only compares.

``change-request.schema.json`` and ``import-request.schema.json`` for the inputs of executions,
``user-changed.schema.json`` for the event, ``openapi.json`` for the HTTP API.
"""

import json
import sys
from pathlib import Path
from typing import Final

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


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` return 1 when one is not what would be written."""
    stale = {
        file: text
        for file, text in contracts().items()
        if not file.is_file() or file.read_text(encoding="utf-8") != text
    }
    if arguments == ["--check"]:
        for file in stale:
            print(f"{file.name} does not follow its model: run make docs", file=sys.stderr)
        return 1 if stale else 0
    for file, text in stale.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
