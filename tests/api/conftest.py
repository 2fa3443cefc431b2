"""The API's function in this process: AWS is fakes that note what is asked of them."""

import importlib
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ReadTimeoutError

from registrar.adapters.counters import Counters
from registrar.adapters.dynamodb import item_of
from registrar.adapters.executions import Executions
from registrar.adapters.listing import Listing
from registrar.adapters.store import Store
from registrar.adapters.trail import Trail
from registrar.imports.adapters.objects import Objects
from tests.memory_s3 import MemoryS3

IDENTITY = {"iam": {"userArn": "arn:aws:iam::123456789012:user/ada"}}


class Taken(Exception):  # noqa: N818 - boto3's own
    """``ExecutionAlreadyExists``."""


class Missing(Exception):  # noqa: N818 - boto3's own
    """``ExecutionDoesNotExist``."""


@dataclass
class States:
    """Step Functions: answers as it is told."""

    answer: dict[str, Any] = field(default_factory=dict)
    status: str = "SUCCEEDED"
    running: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    slow: bool = False
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(ExecutionAlreadyExists=Taken, ExecutionDoesNotExist=Missing)
    )

    @property
    def request(self) -> dict[str, Any]:
        """What the last execution was started with."""
        return json.loads(self.calls[-1][1]["input"])

    def start_sync_execution(self, **call: Any) -> dict[str, Any]:
        self.calls.append(("StartSyncExecution", call))
        if self.slow:
            raise ReadTimeoutError(endpoint_url="states")
        answered = {"change_id": call["name"], "replayed": False, "record_hash": "0" * 64, "errors": []}
        output = {**answered, "outcome": "APPLIED", "user_id": self.request.get("user_id"), "version": 1}
        return {"status": self.status, "output": json.dumps({**output, **self.answer})}

    def start_execution(self, **call: Any) -> None:
        self.calls.append(("StartExecution", call))
        if call["name"] in self.running:
            raise Taken

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        name = executionArn.rpartition(":")[2]
        if name not in self.running:
            raise Missing
        inputs = [call["input"] for _, call in self.calls if call["name"] == name]
        return {"status": self.running[name], "input": next(iter(inputs), "{}")}


@dataclass
class Items:
    """DynamoDB: has the items that it is given."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def get_item(self, **call: Any) -> dict[str, Any]:
        assert call["ConsistentRead"] is True
        self.calls.append("GetItem")
        item = self.items.get(call["Key"]["pk"]["S"])
        return {} if item is None else {"Item": item_of(item)}

    def query(self, **call: Any) -> dict[str, Any]:
        self.calls.append("Query")
        return {"Items": []}

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **call: [getattr(self, operation)(**call)])


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@pytest.fixture
def states() -> States:
    return States()


@pytest.fixture
def items() -> Items:
    return Items()


@pytest.fixture
def s3() -> MemoryS3:
    return MemoryS3()


@pytest.fixture
def ask(states, items, s3, monkeypatch) -> Any:
    """Return what sends a request to the API, as API Gateway hands it on."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    resources = importlib.import_module("registrar.api.resources")
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:"
    for name, fake in {
        "store": Store(items, "users", "ledger"),
        "trail": Trail(items, "ledger"),
        "listing": Listing(items, "users"),
        "counters": Counters(items, "counters"),
        "changes": Executions(states, f"{machine}standard", f"{machine}express"),
        "imports": Executions(states, f"{machine}imports"),
        "objects": lambda: Objects(s3, "imports"),
    }.items():
        monkeypatch.setattr(resources, name, fake)
    handler = importlib.import_module("registrar.api.app").handler

    def send(
        method: str,
        path: str,
        body: Any = None,
        *,
        text: str | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | str = "",
        authorizer: dict[str, Any] | None = IDENTITY,
        matched: dict[str, Any] | None = None,
    ) -> Answer:
        context: dict[str, Any] = {"http": {"method": method, "path": path}, "stage": "$default"}
        if authorizer is not None:
            context["authorizer"] = authorizer
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query if isinstance(query, str) else urlencode(query),
            "headers": {name.lower(): value for name, value in (headers or {}).items()},
            "requestContext": context,
            "isBase64Encoded": False,
            **(matched or {}),
        }
        if body is not None or text is not None:
            event["body"] = json.dumps(body) if text is None else text
        answered = handler(event, None)
        return Answer(answered["statusCode"], answered["headers"], json.loads(answered["body"] or "null"))

    return send
