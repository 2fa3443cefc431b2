"""A local DynamoDB with fresh tables, and the steps at work on them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from local import ministack
from registrar.adapters import dynamodb
from registrar.adapters.store import Store
from tests.integration import machine, tables
from tests.integration.tables import Tables

STEPS: Final = ("write_change", "audit_change", "audit_rejection", "guard_ledger")


@contextmanager
def steps_on_an_engine() -> Iterator[tuple[Any, Tables]]:
    """Yield the steps' client and the tables' names."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        engine = ministack.start(Path(folder))
        try:
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                del os.environ[name]
            os.environ.update(ministack.client_environment(engine.endpoint))
            client = dynamodb.make_client()
            with tables.created(client) as made:
                use(client, made)
                yield client, made
        finally:
            ministack.stop(engine)
            os.environ.clear()
            os.environ.update(before)


def use(client: Any, made: Tables) -> None:
    """Set the steps to work on tables."""
    store = Store(client, made.users, made.ledger)
    for step in STEPS:
        machine.step(step).store = store
