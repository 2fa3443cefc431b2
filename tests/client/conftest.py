"""Runs the command in this process, on a fake API."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from registrar_client import RegistrarClient, calls
from registrar_client.command import app, connection
from tests.client.fake_api import Answers, FakeApi

VARIABLES = ("STAGE", "URL", "TOKEN", "OUTPUTS", "DEBUG")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    """Neither a stage of this shell nor AWS is asked by accident, and nothing is waited for."""
    for name in VARIABLES:
        monkeypatch.delenv(f"REGISTRAR_{name}", raising=False)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("DELAY_SECONDS", "POLL_SECONDS", "IMPORT_POLL_SECONDS"):
        monkeypatch.setattr(calls, name, 0.0)


@pytest.fixture
def command(monkeypatch) -> Callable[..., Result]:
    """Return what runs the command with an API's answers; ``command.api`` has the requests."""

    def run(*arguments: str, answers: Answers | None = None, **options: Any) -> Result:
        run.api = FakeApi(answers or {})  # type: ignore[attr-defined]
        client = partial(RegistrarClient, transport=httpx.MockTransport(run.api))
        monkeypatch.setattr(connection, "RegistrarClient", client)
        monkeypatch.setenv("REGISTRAR_TOKEN", "t")
        if answers is not None:
            arguments = ("--url", "http://api", *arguments)
        return CliRunner().invoke(app, arguments, **options)

    return run
