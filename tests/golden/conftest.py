"""The stage of the golden files, over the integration tests' engines and tables."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.golden.clock import Clock
from tests.golden.stage import Bus, Stage
from tests.integration import machine
from tests.integration.conftest import (  # noqa: F401 - fixtures
    checker,
    created_tables,
    endpoint,
    engine,
    execute,
    execute_unchecked,
    imports,
    pytest_collection_modifyitems,
    s3,
)
from tests.integration.tables import created_table


@pytest.fixture
def stage(request, engine, created_tables, imports, s3, monkeypatch) -> Iterator[Stage]:  # noqa: F811
    """Yield the steps at work on fresh tables; in the end the checker must find nothing."""
    clock, bus = Clock(), Bus()
    for name in ("now", "salt", "one_of"):
        monkeypatch.setattr(f"adapters.system.{name}", getattr(clock, name))
    monkeypatch.setenv("GRACE_SECONDS", "0")
    monkeypatch.setenv("EVENT_BUS", "registrar")
    projection = machine.step("project_ledger")
    is_old = "dynamodb-local" in request.node.name
    if is_old:
        # The jar in the package is of the time when a transaction had ten writes at most.
        monkeypatch.setattr("adapters.counters.RECORDS_MAX", 4)
    with created_table(engine, "counters") as counters:
        monkeypatch.setenv("COUNTERS_TABLE", counters)
        monkeypatch.setattr(projection, "client", engine)
        monkeypatch.setattr(projection, "events_client", bus)
        yield Stage(engine, created_tables, counters, s3, bus, clock, holds_empty_texts=not is_old)


@pytest.fixture
def set_chunk_rows(monkeypatch) -> Any:
    return lambda rows: monkeypatch.setattr("registrar.limits.CHUNK_ROWS", rows)
