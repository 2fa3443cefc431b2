"""The projection: publishes an event for each record that is new in the ledger, and counts it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from registrar.domain.counts import Progress
from registrar.domain.events import UserChanged
from registrar.domain.record import Record
from registrar.services.batch import Arrived, BatchFailures

OVERTAKEN_MAX: Final = 500
"""How many records of a user are fetched at once; the next attempt continues from there."""


class CounterStore(Protocol):
    """The counters, as the projection uses them (``registrar.adapters.counters.Counters``)."""

    def progress(self, records: Iterable[Record]) -> Mapping[str, Progress]:
        """Return how far the trails of some records' users have been counted."""

    def count(self, records: Sequence[Record]) -> None:
        """Count records that were not counted before."""


class TrailReader(Protocol):
    """The ledger, as the projection uses it (``registrar.adapters.trail.Trail``)."""

    def applied(self, user_id: str, first: int, last: int, limit: int) -> Sequence[Record]:
        """Return a user's applied records between two versions."""


class EventPublisher(Protocol):
    """The event bus, as the projection uses it (``registrar.adapters.events.EventBus``)."""

    def publish(self, events: Iterable[UserChanged]) -> Sequence[bool]:
        """Publish events; return which of them the bus accepted."""


@dataclass
class UserBatch:
    """The part of a batch that concerns one user.

    Attributes:
        arrived: in the order of the stream.
        new: records that were not counted yet, in the order in which they are published.
        published: how many of them the bus has accepted.
    """

    arrived: list[Arrived] = field(default_factory=list)
    new: list[Record] = field(default_factory=list)
    published: int = 0


def project(
    arrived: Sequence[Arrived],
    counters: CounterStore,
    trails: TrailReader,
    bus: EventPublisher,
    failures: BatchFailures,
) -> int:
    """Publish ``UserChanged`` for each new record, then count it; return how many there were.

    Records may arrive repeatedly, in any order and in any batches. They are published at least once, those of
    a user in the order of their versions, and counted exactly once. A record that arrives before its
    predecessor waits only until the predecessor is in the ledger.

    Raises:
        TransientFault: the whole batch comes again.
    """
    batches: dict[str, UserBatch] = {}
    for each in arrived:
        batches.setdefault(each.record.user_id, UserBatch()).arrived.append(each)
    progress = counters.progress(each.record for each in arrived)
    for user_id, batch in batches.items():
        batch.new = _new(batch, progress[user_id], trails, failures)
    _publish(batches, bus, failures)
    published = [record for batch in batches.values() for record in batch.new[: batch.published]]
    counters.count(published)
    return len(published)


def _new(batch: UserBatch, counted: Progress, trails: TrailReader, failures: BatchFailures) -> list[Record]:
    """Return a user's records to publish, without duplicates and with missing predecessors."""
    new: dict[str, Record] = {}
    version = counted.version
    applied = [(each.record.version or 0, each) for each in batch.arrived if each.record.applied]
    for its_version, each in sorted(applied, key=lambda pair: pair[0]):
        record = each.record
        if its_version > version + 1:
            # The predecessors are later in the stream, or not in the ledger yet.
            for overtaken in trails.applied(record.user_id, version + 1, its_version - 1, OVERTAKEN_MAX):
                if overtaken.version != version + 1 or not overtaken.is_sealed():
                    break
                new[overtaken.sequence] = overtaken
                version += 1
        if its_version == version + 1:
            new[record.sequence] = record
            version += 1
        elif its_version > version:
            failures.add(each.number, "its predecessor is not in the ledger yet")
    for each in batch.arrived:
        if not each.record.applied and each.record.sequence not in counted.rejected:
            new[each.record.sequence] = each.record
    return list(new.values())


def _publish(batches: Mapping[str, UserBatch], bus: EventPublisher, failures: BatchFailures) -> None:
    """Publish in rounds with one record of each user, so that no failure lets a later one go first."""
    waiting = {user_id: batch for user_id, batch in batches.items() if batch.new}
    while waiting:
        accepted = bus.publish(UserChanged.of(batch.new[batch.published]) for batch in waiting.values())
        for (user_id, batch), was_accepted in zip(list(waiting.items()), accepted, strict=True):
            batch.published += was_accepted
            if not was_accepted:
                left = {record.sequence for record in batch.new[batch.published :]}
                for each in batch.arrived:
                    if each.record.sequence in left:
                        failures.add(each.number, "the bus refused it or one before it")
            if not was_accepted or batch.published == len(batch.new):
                del waiting[user_id]
