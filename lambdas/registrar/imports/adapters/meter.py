"""What DynamoDB says that a client's requests have cost."""

import threading
from typing import TYPE_CHECKING, Any

from registrar.imports.domain.results import Consumed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Meter:
    """Asks for the capacity of every request of a client, and adds it up."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._write_units = 0.0
        self._read_units = 0.0
        self._lock = threading.Lock()
        client.meta.events.register("provide-client-params.dynamodb", _ask)  # type: ignore[arg-type] # what is returned goes on
        client.meta.events.register("after-call.dynamodb", self._add)

    def read(self) -> Consumed:
        """Return what was consumed so far."""
        return Consumed(self._write_units, self._read_units)

    def since(self, before: Consumed, seconds: float) -> Consumed:
        """Return what was consumed since then, by a function that took so long."""
        write_units = self._write_units - before.write_units
        return Consumed(write_units, self._read_units - before.read_units, seconds * 1000)

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
