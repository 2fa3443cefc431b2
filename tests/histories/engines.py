"""Engines for histories outside of pytest."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local import ministack
from registrar.adapters import dynamodb
from registrar.adapters.store import Store
from tests.histories.history import History
from tests.integration import dynamodb_local, machine, tables


@contextmanager
def engine(name: str) -> Iterator[Any]:
    """Run ``ministack`` or ``dynamodb-local``, and yield the steps' client at it."""
    with tempfile.TemporaryDirectory() as folder, _endpoint(name, Path(folder)) as endpoint:
        for variable in [each for each in os.environ if each.startswith("AWS_")]:
            del os.environ[variable]
        os.environ.update(ministack.client_environment(endpoint))
        yield dynamodb.make_client()


@contextmanager
def _endpoint(name: str, folder: Path) -> Iterator[str]:
    if name == "dynamodb-local":
        with dynamodb_local.running(folder) as endpoint:
            yield endpoint
        return
    started = ministack.start(folder)
    try:
        yield started.endpoint
    finally:
        ministack.stop(started)


@contextmanager
def fresh_history(client: Any, name: str) -> Iterator[History]:
    """Yield a history on fresh tables, with the steps at work on them."""
    with tables.created(client) as made:
        store = Store(client, made.users, made.ledger)
        for step in ("write_change", "audit_change", "audit_rejection"):
            machine.step(step).store = store
        yield History(client, made, name)
