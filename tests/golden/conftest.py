"""The stage of the golden files, over the integration tests' engines and tables."""

from collections.abc import Iterator
from typing import Any

import pytest

from registrar.adapters.counters import Counters
from registrar.adapters.environment import Environment
from registrar.adapters.events import EventBus
from registrar.adapters.trail import Trail
from tests.golden.clock import Clock
from tests.golden.stage import Bus, Stage
from tests.integration import machine
from tests.integration.conftest import *  # noqa: F403 - its fixtures, and what they rest on
from tests.integration.tables import created_table


@pytest.fixture
def stage(request, engine, created_tables, imports, s3, monkeypatch) -> Iterator[Stage]:
    """Yield the steps at work on fresh tables; in the end the checker must find nothing."""
    clock, bus = Clock(), Bus()
    for name in ("now", "salt", "one_of"):
        monkeypatch.setattr(f"registrar.adapters.system.{name}", getattr(clock, name))
    is_old = "dynamodb-local" in request.node.name
    if is_old:
        # The jar in the package is of the time when a transaction had ten writes at most.
        monkeypatch.setattr("registrar.adapters.counters.RECORDS_MAX", 4)
    monkeypatch.setattr(machine.step("guard_ledger"), "environment", Environment(grace_seconds="0"))
    projection = machine.step("project_ledger")
    with created_table(engine, "counters") as counters:
        monkeypatch.setattr(projection, "counters", Counters(engine, counters))
        monkeypatch.setattr(projection, "trail", Trail(engine, created_tables.ledger))
        monkeypatch.setattr(projection, "bus", EventBus(bus, "registrar"))
        yield Stage(engine, created_tables, counters, s3, bus, clock, holds_empty_texts=not is_old)


@pytest.fixture
def set_chunk_rows(monkeypatch) -> Any:
    return lambda rows: monkeypatch.setattr("registrar.domain.limits.CHUNK_ROWS", rows)
