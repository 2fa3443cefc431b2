"""The tables as the CDK app defines them, so that what is tested and what is deployed cannot drift apart."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import uuid4

from aws_cdk import App
from aws_cdk.assertions import Template

from infra.data_stack import DataStack
from infra.settings import stage_settings
from registrar_client.check.tables import plain

TESTED: Final = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
"""What of a definition bears on reads and writes; the rest (key, stream, backups) is the deployment's."""


@dataclass(frozen=True)
class Tables:
    """The names of a Users and a Ledger table."""

    users: str
    ledger: str


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """Return ``users``, ``ledger`` and ``counters``, each as CreateTable takes it but for the name."""
    stack = DataStack(App(analytics_reporting=False), "Data", settings=stage_settings("local"))
    resources = Template.from_stack(stack).to_json()["Resources"]
    found = {}
    constructs = {"users": stack.users, "ledger": stack.ledger, "counters": stack.counters}
    for name, construct in constructs.items():
        properties = resources[stack.resolve(construct.table.table_name)["Ref"]]["Properties"]
        found[name] = {field: properties[field] for field in TESTED if field in properties}
    return found


@contextmanager
def created(client: Any) -> Iterator[Tables]:
    """Make a fresh Users and a fresh Ledger table, and remove them in the end."""
    with created_table(client, "users") as users, created_table(client, "ledger") as ledger:
        yield Tables(users, ledger)


@contextmanager
def created_table(client: Any, name: str) -> Iterator[str]:
    """Make a fresh table of a definition, and remove it in the end."""
    table = f"{name}-{uuid4().hex}"
    client.create_table(TableName=table, **definitions()[name])
    try:
        yield table
    finally:
        client.delete_table(TableName=table)


def items_of(client: Any, table: str) -> list[dict[str, Any]]:
    """Return every item of a table, with plain values."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [plain(item) for page in pages for item in page["Items"]]


def put_all(client: Any, table: str, items: Iterable[dict[str, Any]]) -> None:
    """Put items of DynamoDB's typed JSON, many at a time."""
    puts = [{"PutRequest": {"Item": item}} for item in items]
    for start in range(0, len(puts), 25):
        left = {table: puts[start : start + 25]}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
