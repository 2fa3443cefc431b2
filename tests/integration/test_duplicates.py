"""Every event of every kind of change, delivered to its function two and three times, in turn and at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.machine import Handler
from tests.scenarios import KINDS, scenario_of


def outcome_of(handler: Handler, event: Any) -> Any:
    try:
        return handler(event, None)
    except Exception as error:  # noqa: BLE001 - whatever the function raised
        return error


def answered_by_the_last(outcomes: list[Any]) -> Any:
    """Go on with the last delivery, as a state machine does that has lost the answers before."""
    if isinstance(outcomes[-1], Exception):
        raise outcomes[-1]
    return outcomes[-1]


def in_turn(times: int) -> Any:
    return lambda handler, event: answered_by_the_last([outcome_of(handler, event) for _ in range(times)])


def at_once(times: int) -> Any:
    def deliver(handler: Handler, event: Any) -> Any:
        with ThreadPoolExecutor(times) as clients:
            return answered_by_the_last(list(clients.map(outcome_of, [handler] * times, [event] * times)))

    return deliver


DELIVERIES = {
    "two in turn": in_turn(2),
    "three in turn": in_turn(3),
    "two at once": at_once(2),
    "three at once": at_once(3),
}


def decided(answer: dict[str, Any]) -> tuple[Any, ...]:
    return answer["outcome"], answer["version"], [error["code"] for error in answer["errors"]]


@pytest.mark.parametrize("deliver", DELIVERIES.values(), ids=DELIVERIES)
def test_an_event_that_is_delivered_again_changes_nothing_again(execute, deliver):
    for kind in KINDS:
        alone, again = scenario_of(kind), scenario_of(kind)
        for scenario in (alone, again):
            for request in scenario.before:
                execute(request)
        assert decided(execute(again.change, None, deliver)) == decided(execute(alone.change)), kind
