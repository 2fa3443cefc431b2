"""Iterates over several sources at once, with a thread for each."""

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

WAITING_MAX: Final = 1000
"""How many results are queued before the threads wait."""


class _End:
    """A source has ended or failed."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def merged(sources: Sequence[Iterable[T]]) -> Iterator[T]:
    """Yield the results of all sources as they come; raise what one of them raises.

    When the caller stops early, the sources stop at their next result.
    """
    results: queue.Queue[T | _End] = queue.Queue(WAITING_MAX)
    stopped = threading.Event()

    def run(source: Iterable[T]) -> None:
        end = _End()
        try:
            for result in source:
                if stopped.is_set():
                    break
                results.put(result)
        except BaseException as error:  # noqa: BLE001 - raised again where the results are read
            end = _End(error)
        results.put(end)

    for source in sources:
        threading.Thread(target=run, args=(source,), daemon=True).start()
    running = len(sources)
    try:
        while running:
            result = results.get()
            if not isinstance(result, _End):
                yield result
                continue
            running -= 1
            if result.error:
                raise result.error
    finally:
        stopped.set()
        while running:
            running -= isinstance(results.get(), _End)
