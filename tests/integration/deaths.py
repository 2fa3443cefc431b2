"""Processes that die at the calls that they make, in this process."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.memory_s3 import MemoryS3

Watch = Callable[[str, str], None]


class Death(BaseException):
    """The end of a process: nothing in the code can catch it."""


@contextmanager
def watched(engine: Any, s3: MemoryS3, watch: Watch) -> Iterator[None]:
    """Call ``watch`` before and after each call of DynamoDB and of S3."""

    def ask(event_name: str, **_named: Any) -> None:
        side, _, operation = event_name.split(".")
        watch(side, operation)

    s3.hooks.append(watch)
    for side in ("before-call", "after-call"):
        engine.meta.events.register(f"{side}.dynamodb", ask)
    try:
        yield
    finally:
        s3.hooks.remove(watch)
        for side in ("before-call", "after-call"):
            engine.meta.events.unregister(f"{side}.dynamodb", ask)


def until_it_lives(handler: Any, event: Any) -> Any:
    """Deliver an event as often as its process dies."""
    while True:
        try:
            return handler(event, None)
        except Death:
            continue


@dataclass
class Dying:
    """Lets a process die at a call, and at those that follow, so many times."""

    at: int
    times: int

    def __call__(self, _side: str, _operation: str) -> None:
        self.at -= 1
        if self.at < 0 and self.times:
            self.times -= 1
            raise Death


@dataclass
class Killing:
    """Kills a process at random calls; from then on none of its threads comes through.

    Attributes:
        most: so many processes are killed.
        dead: whether the process that is at work has been; set it back for the next one.
    """

    rng: random.Random
    chance: float
    most: int
    killed: int = 0
    dead: bool = False

    def __call__(self, _side: str, _operation: str) -> None:
        if not self.dead and self.killed < self.most and self.rng.random() < self.chance:
            self.killed += 1
            self.dead = True
        if self.dead:
            raise Death
