"""Two DynamoDB engines, fresh tables of the CDK app's definition, and the steps at work on them."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from local import ministack
from registrar.adapters import dynamodb
from registrar.adapters.store import Store
from registrar.imports.adapters.objects import Objects
from registrar_client.check import Checker
from tests.integration import dynamodb_local, machine, tables
from tests.integration.import_machine import BUCKET, ImportMachine, use
from tests.integration.tables import Tables
from tests.memory_s3 import MemoryS3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the second engine where a module says that one is enough, and why."""
    items[:] = [
        item
        for item in items
        if not (item.get_closest_marker("one_engine") and "dynamodb-local" in item.name)
    ]


@pytest.fixture(scope="session", params=["ministack", "dynamodb-local"])
def endpoint(request, tmp_path_factory) -> Iterator[str]:
    """Yield the endpoint of each engine; every test that needs tables runs on both."""
    directory = tmp_path_factory.mktemp(request.param)
    if request.param == "ministack":
        engine = ministack.start(directory)
        try:
            yield engine.endpoint
        finally:
            ministack.stop(engine)
        return
    if given := dynamodb_local.endpoint_from_environment():
        yield given
        return
    if reason := dynamodb_local.why_unavailable():
        (pytest.fail if os.environ.get("REQUIRE_DYNAMODB_LOCAL") == "1" else pytest.skip)(reason)
    with dynamodb_local.running(directory) as started:
        yield started


@pytest.fixture(scope="session")
def engine(endpoint) -> Any:
    """Return the functions' own DynamoDB client, at an engine."""
    with pytest.MonkeyPatch.context() as patch:
        point_at(endpoint, patch)
        return dynamodb.make_client()


def point_at(endpoint: str, patch: pytest.MonkeyPatch) -> None:
    """Make the environment one in which new clients talk to the engine and to nothing else."""
    for name in set(os.environ) - set(ministack.clean_environment()):
        patch.delenv(name)
    for name, value in ministack.client_environment(endpoint).items():
        patch.setenv(name, value)


@pytest.fixture
def created_tables(engine) -> Iterator[Tables]:
    """Yield the names of fresh tables."""
    with tables.created(engine) as made:
        yield made


@pytest.fixture
def store(engine, created_tables) -> Store:
    return Store(engine, created_tables.users, created_tables.ledger)


@pytest.fixture
def checker(engine, created_tables) -> Checker:
    return Checker(engine, created_tables.users, created_tables.ledger)


@pytest.fixture
def execute_unchecked(endpoint, store, monkeypatch) -> Any:
    """Return ``machine.execute``, at work on this test's tables."""
    point_at(endpoint, monkeypatch)
    for name in ("write_change", "audit_change", "audit_rejection", "guard_ledger"):
        monkeypatch.setattr(machine.step(name), "store", store)
    return machine.execute


@pytest.fixture
def execute(execute_unchecked, checker) -> Iterator[Any]:
    """Yield ``machine.execute``; in the end the checker must find nothing."""
    yield execute_unchecked
    assert list(checker.check()) == []


@pytest.fixture
def requests_sent(engine) -> Iterator[list[str]]:
    """Yield a list that each request to DynamoDB adds its operation to, botocore's own retries included."""
    sent: list[str] = []

    def note(request, **_kwargs) -> None:
        target = request.headers["X-Amz-Target"]
        sent.append((target.decode() if isinstance(target, bytes) else target).partition(".")[2])

    engine.meta.events.register("before-send.dynamodb", note)
    yield sent
    engine.meta.events.unregister("before-send.dynamodb", note)


@pytest.fixture
def s3() -> MemoryS3:
    return MemoryS3()


@pytest.fixture
def imports(execute, store, s3, monkeypatch) -> ImportMachine:
    """Imports into this test's tables; in the end the checker must find nothing."""
    use(monkeypatch, Objects(s3, BUCKET), store)
    return ImportMachine(s3)
