"""The time limit and the thread pool of WriteChunk and AuditChunk."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from registrar.adapters.retry import Retry

AT_ONCE: Final = 32
"""Rows in flight; most of their time is waiting for DynamoDB."""

WORK_SECONDS: Final = 40
"""How long a function works on a chunk; its timeout is longer, so that the last calls can end."""

PAUSE_MAX_SECONDS: Final = 3.0

P = TypeVar("P")
T = TypeVar("T")


def retry_from_now() -> Retry:
    """Return the retries of a chunk that begins now: until WORK_SECONDS are over."""
    return Retry(first=0.1, longest=PAUSE_MAX_SECONDS, deadline=time.monotonic() + WORK_SECONDS)


def at_once(work: Callable[[P], T], parts: Iterable[P]) -> list[T]:
    """Work on parts in parallel; return their results in order. A fault is raised when all are done."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [done.result() for done in [pool.submit(work, part) for part in parts]]
