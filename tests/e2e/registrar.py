"""A deployed machine, and an outsider's view of the tables behind it."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local.deploy import Outputs

deserialize = TypeDeserializer().deserialize


class ExecutionFailedError(Exception):
    """An execution ended without an answer; the arguments are its error and cause."""


@dataclass(frozen=True)
class Registrar:
    """One deployed machine with the tables behind it."""

    outputs: Outputs
    machine: str
    express: bool
    states: Any
    dynamodb: Any

    def execute(self, request: Any, name: str | None = None) -> dict[str, Any]:
        """Run one execution with a request, any JSON value; return its output."""
        return self.execute_text(json.dumps(request), name)

    def execute_text(self, text: str, name: str | None = None) -> dict[str, Any]:
        """Run one execution with a text for input; return its output."""
        name = name or str(uuid.uuid4())
        if self.express:
            done = self.states.start_sync_execution(stateMachineArn=self.machine, name=name, input=text)
        else:
            arn = self.start_text(text, name)
            while (done := self.states.describe_execution(executionArn=arn))["status"] == "RUNNING":
                time.sleep(0.02)
        if done["status"] != "SUCCEEDED":
            raise ExecutionFailedError(done.get("error"), done.get("cause"))
        return json.loads(done["output"])

    def start(self, request: Any, name: str) -> str:
        """Start an execution on STANDARD; return its ARN."""
        return self.start_text(json.dumps(request), name)

    def start_text(self, text: str, name: str) -> str:
        """Start an execution with a text for input on STANDARD; return its ARN."""
        started = self.states.start_execution(stateMachineArn=self.machine, name=name, input=text)
        return str(started["executionArn"])

    def users(self, *keys: str) -> list[dict[str, Any] | None]:
        """Read items of the Users table by key."""
        return [
            self._item(
                self.dynamodb.get_item(
                    TableName=self.outputs.UsersTableName, Key={"pk": {"S": key}}, ConsistentRead=True
                )
            )
            for key in keys
        ]

    def trail(self, user_id: str) -> dict[str, dict[str, Any]]:
        """Read a user's ledger records, by sequence."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.outputs.LedgerTableName,
            KeyConditionExpression="user_id = :user",
            ExpressionAttributeValues={":user": {"S": user_id}},
            ConsistentRead=True,
        )
        records = [self._item({"Item": item}) for page in pages for item in page["Items"]]
        return {record["sequence"]: record for record in records if record}

    @staticmethod
    def _item(answer: dict[str, Any]) -> dict[str, Any] | None:
        item = answer.get("Item")
        return item and {name: _plain(deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | bool | None) else int(value)


def registrar_of(deployed: Outputs, kind: str) -> Registrar:
    machines = {
        "standard": deployed.UserChangeStateMachineArn,
        "express": deployed.UserChangeExpressStateMachineArn,
    }
    return Registrar(
        deployed,
        machines[kind],
        kind == "express",
        deployed.client("stepfunctions"),
        deployed.client("dynamodb"),
    )
