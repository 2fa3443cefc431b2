"""What a change takes of DynamoDB and Step Functions: exact units, without any noise.

Write units follow from the sizes of the items, as AWS documents them; a local engine's own accounts differ:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any, Final

from bench.engine import steps_on_an_engine
from bench.result import Result
from registrar.adapters.dynamodb import plain
from tests.integration import machine

TYPICAL: Final[Mapping[str, Any]] = {
    "user_id": "9b2f1c5e-8f0a-4c4e-9d63-2a7a5d1f0c11",
    "actor": {"id": "arn:aws:iam::123456789012:user/admin", "type": "iam"},
    "reason": "ticket 4711",
}
NAMES: Final = {
    "username": "ada.lovelace",
    "email": "ada.lovelace@example.com",
    "display_name": "Ada Lovelace",
}
KINDS: Final = ("create", "update", "delete", "replay", "rejection")
READS: Final = ("BatchGetItem", "GetItem", "Query")


def change(kind: str, number: int = 0) -> dict[str, Any]:
    """Return a typical change of a kind; what must be there before is what the kinds before it leave."""
    user_id = f"{TYPICAL['user_id'][:24]}{number:012d}"
    names = {**NAMES, "username": f"ada.{number}", "email": f"ada.{number}@example.com"}
    by_kind: dict[str, dict[str, Any]] = {
        "create": {"action": "create", "attributes": names},
        "update": {"action": "update", "attributes": {"display_name": "Ada, Countess L."}},
        "delete": {"action": "delete"},
        "replay": {"action": "create", "attributes": names},
        "rejection": {"action": "update", "attributes": {"display_name": "A"}},
    }
    # A replay is the create once more; a rejection is of a user who is gone.
    own = KINDS.index("create" if kind == "replay" else kind)
    change_id = f"f7c1a9d2-3b64-4f4e-8a5{own}-{number:012d}"
    return {**TYPICAL, "change_id": change_id, "user_id": user_id, **by_kind[kind]}


@dataclass
class Units:
    """What was asked of DynamoDB.

    Attributes:
        requests: the operations, in order.
        write_units: write request units, those of the index with them.
        read_units: read request units.
    """

    requests: list[str] = field(default_factory=list)
    write_units: float = 0
    read_units: float = 0


class Accountant:
    """Watches a client, and accounts its requests by the sizes of their items."""

    def __init__(self, client: Any) -> None:
        self.units = Units()
        self._items: dict[tuple[str, str], dict[str, Any]] = {}
        self._client = client
        self._client.meta.events.register("provide-client-params.dynamodb", self._note)

    def stop(self) -> None:
        """Watch no more."""
        self._client.meta.events.unregister("provide-client-params.dynamodb", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_named: Any) -> None:
        self.units.requests.append(model.name)
        if model.name in READS:
            self._read(model.name, params)
        elif model.name == "TransactWriteItems":
            for write in params["TransactItems"]:
                ((kind, request),) = write.items()
                self._write(kind, request, price=2)
        elif model.name == "PutItem":
            self._write("Put", params, price=1)

    def _read(self, operation: str, params: dict[str, Any]) -> None:
        if operation == "BatchGetItem":
            ((table, request),) = params["RequestItems"].items()
            consistent = request.get("ConsistentRead", False)
            for key in request["Keys"]:
                # What is not there costs a unit, too.
                found = self._items.get((table, json.dumps(key, sort_keys=True)), {})
                self.units.read_units += max(1, ceil(size_of(found) / 4096)) / (1 if consistent else 2)

    def _write(self, kind: str, request: dict[str, Any], price: int) -> None:
        item = plain(request.get("Item", request.get("Key", {})))
        keys = ("pk",) if "pk" in item else ("user_id", "sequence")
        place = (request["TableName"], json.dumps({key: item[key] for key in keys}))
        before = self._items.get(place, {})
        after = item if kind == "Put" else {}
        self.units.write_units += price * kilobytes(max(size_of(before), size_of(after)))
        self.units.write_units += _index(before, after)
        self._items[place] = after


def _index(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Return the units of the index of live users: an entry that moves is deleted and put."""
    gone, come = ("listing" in before), ("listing" in after)
    return gone * kilobytes(size_of(before)) + come * kilobytes(size_of(after))


def kilobytes(size: int) -> int:
    """Return the write units of so many bytes, written plainly."""
    return max(1, ceil(size / 1024))


def size_of(value: Any) -> int:
    """Return the bytes that DynamoDB counts for an item or a value.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _value_size(inner) for name, inner in value.items())


def _value_size(value: Any) -> int:
    match value:
        case str():
            return len(value.encode())
        case bool() | None:
            return 1
        case int():
            return (len(str(abs(value))) + 1) // 2 + 1
        case list():
            return 3 + sum(1 + _value_size(inner) for inner in value)
        case dict():
            return 3 + sum(1 + len(name.encode()) + _value_size(inner) for name, inner in value.items())
    raise TypeError(type(value))


def measured() -> dict[str, Units]:
    """Run one change of each kind and return what each took."""
    with steps_on_an_engine() as (client, _):
        accountant = Accountant(client)
        taken = {}
        for kind in KINDS:
            accountant.units = Units()
            machine.execute(change(kind))
            taken[kind] = accountant.units
        accountant.stop()
    return taken


def transitions() -> int:
    """Return the state transitions of a change that is applied, as the definition has them."""
    states = json.loads(
        (Path(__file__).parents[1] / "statemachines" / "user_change.asl.json").read_text(encoding="utf-8")
    )
    count, name = 0, states["StartAt"]
    while name:
        count += 1
        name = states["States"][name].get("Next")
    return count


REQUEST_GOALS: Final = {"create": 2, "update": 3, "delete": 3, "replay": 2, "rejection": 2}
WRITE_GOALS: Final = {"create": 11, "update": 7}


def results() -> Iterator[Result]:
    """Count requests, write units and transitions."""
    taken = measured()
    for kind, units in taken.items():
        yield Result(f"requests of a {kind}", "counted", len(units.requests), REQUEST_GOALS[kind], unit="")
    for kind, goal in WRITE_GOALS.items():
        yield Result(f"write units of a {kind}", "sizes of items", taken[kind].write_units, goal, unit="")
    yield Result("states of a change", "the definition", transitions(), 3, unit="")
