"""The event bus that changes are published to."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from registrar.adapters import aws
from registrar.adapters.faults import transient_faults
from registrar.domain.events import DETAIL_TYPE, SOURCE, UserChanged

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ENTRIES_MAX: Final = 10
"""How many events one PutEvents may carry."""


def make_client() -> "EventBridgeClient":
    """Make a function's client."""
    made: EventBridgeClient = aws.client("events", read_timeout=5, attempts=3)
    return made


class EventBus:
    """The event bus that changes are published to."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Iterable[UserChanged]) -> list[bool]:
        """Publish events; return which of them the bus accepted.

        Raises:
            TransientFault: throttled or not reached; some may have been accepted.
        """
        entries: Any = [
            {
                "EventBusName": self._name,
                "Source": SOURCE,
                "DetailType": DETAIL_TYPE,
                "Detail": json.dumps(asdict(event)),
            }
            for event in events
        ]
        accepted: list[bool] = []
        for start in range(0, len(entries), ENTRIES_MAX):
            with transient_faults():
                answer = self._client.put_events(Entries=entries[start : start + ENTRIES_MAX])
            accepted += ["EventId" in entry for entry in answer["Entries"]]
        return accepted
