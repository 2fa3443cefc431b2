"""The projection: publishes an event for each record that is new in the ledger, and counts it."""

import logging
from typing import Any

from registrar.adapters import dynamodb, events
from registrar.adapters.counters import Counters
from registrar.adapters.environment import Environment
from registrar.adapters.events import EventBus
from registrar.adapters.trail import Trail
from registrar.handlers import stream
from registrar.services.batch import BatchFailures
from registrar.services.project import project

logger = logging.getLogger()
environment = Environment.read()
client = dynamodb.make_client()
counters = Counters(client, environment.counters_table)
trail = Trail(client, environment.ledger_table)
bus = EventBus(events.make_client(), environment.event_bus)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish and count the new records of a batch (``registrar.services.project.project``).

    Args:
        event: new records, a batch of the Ledger table's stream.

    Returns:
        ``stream.answer``.

    Raises:
        TransientFault: the whole batch comes again.
    """
    failures = BatchFailures()
    published = project(stream.arrived(event, failures), counters, trail, bus, failures)
    logger.info("projected", extra={"records": published})
    return stream.answer(failures)
