"""Clients that send changes at once, while connections break and processes die under them."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError

from tests.integration import machine
from tests.integration.machine import ExecutionFailedError, Handler

EFFECTS = ("lost before", "lost after", "dead before", "dead after", "throttled")
TRIES = 10


class Death(BaseException):
    """The end of a process: nothing in the code can catch it."""


ExitError = type("Runtime.ExitError", (Exception,), {})
"""What the state machine hears of a death."""


@dataclass(frozen=True)
class Send:
    """A request as one client sends it.

    Attributes:
        faults: what happens to its calls to DynamoDB: the number of a call to the effect. Calls are counted
            through all retries; with many faults the execution FAILS, and the client starts it again.
    """

    request: dict[str, Any]
    faults: dict[int, str]


@dataclass(frozen=True)
class Sent:
    """What a client was answered.

    Attributes:
        began, ended: its place in time, on a clock that only counts.
        answer: outcome, version and sorted codes.
        record: the hash of the record that the answer rests on.
    """

    request: dict[str, Any]
    began: int
    ended: int
    answer: tuple[Any, ...]
    record: str


class Clients:
    """Eight clients of the state machine in this process."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._own = threading.local()
        self._clock = itertools.count()
        self.faults = 0

    def send(self, sends: Sequence[Send]) -> list[Sent]:
        """Send all at once; return what was answered, in the same order."""
        start = threading.Barrier(len(sends))
        with self._striking(), ThreadPoolExecutor(len(sends)) as clients:
            return list(clients.map(lambda send: self._send(send, start), sends))

    def _send(self, send: Send, start: threading.Barrier) -> Sent:
        self._own.calls, self._own.faults = 0, dict(send.faults)
        start.wait()
        began = next(self._clock)
        for again in range(TRIES):
            try:
                answer = machine.execute(send.request, deliver=self._deliver)
                break
            except ExecutionFailedError:
                if again == TRIES - 1:
                    raise
        codes = tuple(sorted({error["code"] for error in answer["errors"]}))
        decided = (answer["outcome"], answer["version"], codes)
        return Sent(send.request, began, next(self._clock), decided, answer["record_hash"])

    @staticmethod
    def _deliver(handler: Handler, event: Any) -> Any:
        try:
            return handler(event, None)
        except Death as death:
            raise ExitError from death

    @contextmanager
    def _striking(self) -> Iterator[None]:
        events = self._engine.meta.events
        hooks = {"before-call.dynamodb": self._before, "after-call.dynamodb": self._after}
        for event, hook in hooks.items():
            events.register(event, hook)
        try:
            yield
        finally:
            for event, hook in hooks.items():
                events.unregister(event, hook)

    def _before(self, **_kwargs: Any) -> None:
        self._own.calls += 1
        self._strike("before")

    def _after(self, **_kwargs: Any) -> None:
        self._strike("after")

    def _strike(self, side: str) -> None:
        effect = self._own.faults.get(self._own.calls, "")
        if side not in effect.replace("throttled", "before"):
            return
        self.faults += 1
        if effect.startswith("dead"):
            raise Death
        if effect.startswith("lost"):
            raise ConnectionClosedError(endpoint_url="…")
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "Any")
