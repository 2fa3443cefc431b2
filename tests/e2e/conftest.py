"""The deployed machines, and requests for them."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.deploy import Outputs
from tests.conftest import paused
from tests.e2e.registrar import Registrar, registrar_of


@pytest.fixture(scope="session", autouse=True)
def nothing_projected(deployed: Outputs) -> Iterator[None]:
    with paused(deployed, "Projection"):
        yield


@pytest.fixture(params=["standard", "express"])
def registrar(deployed: Outputs, request: pytest.FixtureRequest) -> Registrar:
    """Each of the two machines in turn."""
    return registrar_of(deployed, request.param)


@pytest.fixture
def express(deployed: Outputs) -> Registrar:
    """The EXPRESS machine, for what needs many executions."""
    return registrar_of(deployed, "express")


@pytest.fixture
def request_of() -> Callable[..., dict[str, Any]]:
    """Make requests about one user that no other test knows."""
    user_id = f"u-{uuid.uuid4().hex[:12]}"

    def make(action: str, change_id: str | None = None, **fields: Any) -> dict[str, Any]:
        return {
            "change_id": change_id or uuid.uuid4().hex,
            "action": action,
            "user_id": user_id,
            "actor": {"id": "admin-7", "type": "user"},
        } | fields

    return make
