"""The deployed machines over functions with injected faults, and changes to run on them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from local.deploy import Outputs
from registrar_client.check import Checker
from tests.conftest import paused
from tests.faults import machine
from tests.faults.machine import FaultyMachine
from tests.faults.runs import CLIENTS, Runs


@pytest.fixture(scope="session")
def faulty(deployed: Outputs, tmp_path_factory: pytest.TempPathFactory) -> FaultyMachine:
    """Copy what is deployed, onto functions that fail as they are told."""
    return machine.deploy(deployed, tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="session", autouse=True)
def projected(deployed: Outputs) -> Iterator[Callable[[], None]]:
    """Let the projection wait; yield what sets it to work."""
    with ExitStack() as waiting:
        waiting.enter_context(paused(deployed, "Projection"))
        yield waiting.close


@pytest.fixture(scope="session")
def checker(deployed: Outputs) -> Checker:
    return Checker(deployed.client("dynamodb"), deployed.UsersTableName, deployed.LedgerTableName)


@pytest.fixture(scope="session")
def runs(faulty: FaultyMachine, checker: Checker) -> Runs:
    runs = Runs(faulty, checker)
    # A few at a time: to start many functions at once takes two cores longer than a start may take.
    for few in (1, 2, 4, CLIENTS):
        runs.all([("update", None), ("stale version", None)] * few, clients=few)
    return runs
