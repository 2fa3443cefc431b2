"""A local DynamoDB with fresh tables, and the steps at work on them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local import ministack
from tests.integration import machine, tables
from tests.integration.tables import Tables

STEPS = ("write_change", "audit_change", "audit_rejection", "guard_ledger")


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
            client = machine.step("write_change").dynamodb.client_from_environment()
            with tables.created(client) as made:
                os.environ["USERS_TABLE"], os.environ["LEDGER_TABLE"] = made.users, made.ledger
                for step in STEPS:
                    machine.step(step).client = client
                yield client, made
        finally:
            ministack.stop(engine)
            os.environ.clear()
            os.environ.update(before)
