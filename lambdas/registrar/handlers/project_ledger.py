"""The projection: tells others of each record that is new in the ledger, and counts it."""

import logging
from dataclasses import dataclass, field
from typing import Any, Final

from registrar.adapters import dynamodb, events
from registrar.adapters.counters import Counters, Progress
from registrar.adapters.events import EventBus
from registrar.adapters.ledger import Ledger
from registrar.domain.change import Outcome
from registrar.domain.events import UserChanged
from registrar.domain.record import check_seal, is_sealed
from registrar.handlers.batch_failures import BatchFailures

OVERTAKEN_MAX: Final = 500
"""So many records of a user are fetched at once; where there are more, the next try goes on from there."""

logger = logging.getLogger()
client = dynamodb.client_from_environment()
events_client = events.client_from_environment()


@dataclass
class Trail:
    """What a batch brings of one user.

    Attributes:
        arrived: records and their sequence numbers, in the order of the stream.
        new: records that were not counted yet, in the order in which they are told.
        told: how many of them the bus has taken.
    """

    arrived: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    new: list[dict[str, Any]] = field(default_factory=list)
    told: int = 0


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish ``UserChanged`` for each new record, then count it.

    Records are told at least once, those of a user in the order of their versions, and counted exactly once,
    however often, in whatever order and cut into whatever batches they arrive. What arrives before its
    predecessor waits for it only until that one is in the ledger.

    Args:
        event: new records, a batch of the Ledger table's stream.

    Returns:
        ``BatchFailures.answer``.

    Raises:
        TransientFault: the whole batch comes again.
    """
    failures = BatchFailures()
    trails: dict[str, Trail] = {}
    for each in event["Records"]:
        number = each["dynamodb"]["SequenceNumber"]
        with failures.noting(number):
            record = check_seal(dynamodb.plain(each["dynamodb"]["NewImage"]))
            trails.setdefault(record["user_id"], Trail()).arrived.append((record, number))
    counters = Counters.from_environment(client)
    progress = counters.progress(record for trail in trails.values() for record, _ in trail.arrived)
    ledger = Ledger.from_environment(client)
    for user_id, trail in trails.items():
        trail.new = _new(trail, progress[user_id], ledger, failures)
    _tell(trails, EventBus.from_environment(events_client), failures)
    told = [record for trail in trails.values() for record in trail.new[: trail.told]]
    counters.count(told)
    logger.info("projected", extra={"records": len(told)})
    return failures.answer()


def _new(trail: Trail, counted: Progress, ledger: Ledger, failures: BatchFailures) -> list[dict[str, Any]]:
    """Return a user's records that are to be told, without repetitions and with those that were overtaken."""
    applied = sorted(
        (pair for pair in trail.arrived if pair[0]["outcome"] == Outcome.APPLIED),
        key=lambda pair: pair[0]["version"],
    )
    new: dict[str, dict[str, Any]] = {}
    version = counted.version
    for record, number in applied:
        if record["version"] > version + 1:
            # Written before this one and delivered later: it is behind in the stream, or not there yet.
            for overtaken in ledger.applied(
                record["user_id"], version + 1, record["version"] - 1, OVERTAKEN_MAX
            ):
                if overtaken["version"] != version + 1 or not is_sealed(overtaken):
                    break
                new[overtaken["sequence"]] = overtaken
                version += 1
        if record["version"] == version + 1:
            new[record["sequence"]] = record
            version += 1
        elif record["version"] > version:
            failures.add(number, "its predecessor is not in the ledger yet")
    for record, _ in trail.arrived:
        if record["outcome"] != Outcome.APPLIED and record["sequence"] not in counted.rejected:
            new[record["sequence"]] = record
    return list(new.values())


def _tell(trails: dict[str, Trail], bus: EventBus, failures: BatchFailures) -> None:
    """Publish in rounds with one record of each user, so that no failure lets a later one go first."""
    waiting = {user_id: trail for user_id, trail in trails.items() if trail.new}
    while waiting:
        taken = bus.publish(UserChanged.of(trail.new[trail.told]) for trail in waiting.values())
        for (user_id, trail), was_taken in zip(list(waiting.items()), taken, strict=True):
            trail.told += was_taken
            if not was_taken:
                left = {record["sequence"] for record in trail.new[trail.told :]}
                for record, number in trail.arrived:
                    if record["sequence"] in left:
                        failures.add(number, "the bus refused it or one before it")
            if not was_taken or trail.told == len(trail.new):
                del waiting[user_id]
