"""What a function consumes, as DynamoDB and the clock report it."""

import threading
import time
from typing import TYPE_CHECKING, Any

from registrar.imports.domain.results import Consumed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Meter:
    """Asks for the consumed capacity with every request of a client, and adds it up."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._write_units = 0.0
        self._read_units = 0.0
        self._lock = threading.Lock()
        client.meta.events.register("provide-client-params.dynamodb", _ask)  # type: ignore[arg-type] # may return parameters
        client.meta.events.register("after-call.dynamodb", self._add)

    def read(self) -> Consumed:
        """Return the meter's state; subtract an earlier one to get what was consumed in between."""
        return Consumed(self._write_units, self._read_units, time.monotonic() * 1000)

    def _add(self, parsed: Any, model: Any, **_named: Any) -> None:  # noqa: ANN401 - botocore's
        capacities = parsed.get("ConsumedCapacity", [])
        units = sum(
            each.get("CapacityUnits", 0.0)
            for each in (capacities if isinstance(capacities, list) else [capacities])
        )
        with self._lock:
            if model.name in ("BatchGetItem", "GetItem", "Query", "Scan"):
                self._read_units += units
            else:
                self._write_units += units


def _ask(params: dict[str, Any], **_named: Any) -> dict[str, Any]:  # noqa: ANN401 - botocore's
    return {"ReturnConsumedCapacity": "TOTAL", **params}
