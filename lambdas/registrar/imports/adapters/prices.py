"""AWS's prices: one dated file, for the estimate of an import and for the cost model."""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("prices.json")


def prices() -> dict[str, Any]:
    """Return the prices, in US dollars a unit, with their ``region`` and ``date``."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
