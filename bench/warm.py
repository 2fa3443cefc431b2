"""A warm change through the three handlers, against the same DynamoDB requests sent raw."""

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

from bench.engine import steps_on_an_engine
from bench.result import Result, ratio
from bench.units import change
from tests.integration import machine

CHANGES = 60


def results() -> Iterator[Result]:
    """Measure creates and what they send."""
    with steps_on_an_engine() as (client, _):
        numbers = count()

        def handlers() -> float:
            began = time.perf_counter()
            for _ in range(CHANGES):
                machine.execute(change("create", next(numbers)))
            return time.perf_counter() - began

        def raw() -> float:
            prepared = [_prepared(client, change("create", next(numbers))) for _ in range(CHANGES)]
            began = time.perf_counter()
            for write, put in prepared:
                client.transact_write_items(**write)
                client.put_item(**put)
            return time.perf_counter() - began

        value, spread = ratio(handlers, raw)
    yield Result("warm change through the handlers", "its requests sent raw", value, 1.25, spread=spread)


def _prepared(client: Any, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Let the handlers make the requests of a change, and keep them from the engine."""
    kept: list[dict[str, Any]] = []

    def keep(params: dict[str, Any], **_named: Any) -> None:
        kept.append({name: value for name, value in params.items() if name != "ClientRequestToken"})

    def answer(**_named: Any) -> tuple[Any, dict[str, Any]]:
        return _Answer, {}

    client.meta.events.register("provide-client-params.dynamodb", keep)
    client.meta.events.register("before-call.dynamodb", answer)
    try:
        machine.execute(request)
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb", keep)
        client.meta.events.unregister("before-call.dynamodb", answer)
    return kept


class _Answer:
    status_code = 200
