"""The sample changes through the deployed state machine, and a report of what happened."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from rich import box
from rich.console import Console
from rich.table import Table

from local.deploy import Outputs
from registrar_client import RegistrarClient, SigV4
from registrar_client.check import Checker
from registrar_client.check.tables import plain
from registrar_client.command.check_report import show_violations

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

SHORT = 12
COUNT_SECONDS = 30
"""How long the counts may take to include every record."""


def main(outputs: Outputs, samples: Path) -> int:
    """Send the samples in the order of their names, print the report; return 0 when the tables agree."""
    console = report_console()
    states, dynamodb = outputs.client("stepfunctions"), outputs.client("dynamodb")

    def everything(table: str) -> list[dict[str, Any]]:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [plain(item) for page in pages for item in page["Items"]]

    console.print(send(states, outputs.UserChangeStateMachineArn, samples))
    items = everything(outputs.UsersTableName)
    users = {item["user_id"]: item for item in items if item["pk"].startswith("USER#")}
    console.print(_users(users))
    records = everything(outputs.LedgerTableName)
    trails = {user_id: _trail(records, user_id) for user_id in {record["user_id"] for record in records}}
    longest = max(trails, key=lambda user_id: len(trails[user_id]))
    console.print(_history(longest, trails[longest]))
    checker = Checker(dynamodb, outputs.UsersTableName, outputs.LedgerTableName)
    violations = show_violations(checker.check(), checker, console)
    console.print(ask_the_api(outputs, longest, len(records)), soft_wrap=True)
    return 1 if violations else 0


def ask_the_api(outputs: Outputs, user_id: str, records: int) -> str:
    """Ask the API about a user and the counts, once these have seen so many records; return what it says."""
    credentials = boto3.Session("test", "test").get_credentials()
    if credentials is None:
        raise AssertionError
    with RegistrarClient(outputs.ApiUrl, SigV4(credentials, outputs.region)) as client:
        user = client.get(user_id)
        deadline = time.monotonic() + COUNT_SECONDS
        while True:
            stats = client.stats()
            changes = sum(row.changes for row in stats.changes)
            # A change around midnight may be of the day before: seven days are asked for.
            if changes >= records or time.monotonic() > deadline:
                break
            time.sleep(0.2)
    live = sum(stats.users.values())
    return (
        f"Asked the API at {outputs.ApiUrl}: {user_id} is {user.status} at version {user.version};"
        f" {live} live users, {changes} changes counted."
    )


def report_console() -> Console:
    """Make the console of a report: a pipe gets plain text, wide enough for every line to stay one line."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=150)


def send(states: "SFNClient", machine: str, samples: Path) -> Table:
    """Start a machine with one sample after the other; return a table of how each execution ended."""
    changes = _table("Changes", "sample", "action", "user", "outcome", "version or reasons", "ms")
    for sample in sorted(samples.glob("*.json")):
        changes.add_row(sample.stem, *_row(states, machine, sample.read_text()))
    return changes


def _table(title: str, *columns: str) -> Table:
    return Table(
        *columns, title=title, title_justify="left", box=box.ROUNDED if sys.stdout.isatty() else box.ASCII
    )


def _row(states: "SFNClient", machine: str, text: str) -> list[str]:
    request = json.loads(text)
    began = time.monotonic()
    started = states.start_execution(stateMachineArn=machine, input=text)
    while (done := states.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
        time.sleep(0.02)
    milliseconds = f"{(time.monotonic() - began) * 1000:.0f}"
    if done["status"] != "SUCCEEDED":
        said = [done["status"], f"{done.get('error')}: {done.get('cause')}"]
    else:
        answer = json.loads(done["output"])
        reasons = "\n".join(f"{error['code']} {error['path']}" for error in answer["errors"])
        said = [answer["outcome"] + (" (replayed)" if answer["replayed"] else "")]
        said.append(f"version {answer['version']}" if answer["outcome"] == "APPLIED" else reasons)
    return [str(request.get("action")), str(request.get("user_id")), *said, milliseconds]


def _users(users: dict[str, dict[str, Any]]) -> Table:
    table = _table("Users", "user", "version", "status", "username", "email", "display name")
    for _, user in sorted(users.items()):
        names = (user.get(name, "") for name in ("username", "email", "display_name"))
        table.add_row(user["user_id"], str(user["version"]), user["status"], *names)
    return table


def _trail(records: list[dict[str, Any]], user_id: str) -> list[dict[str, Any]]:
    return sorted(
        (r for r in records if r["user_id"] == user_id), key=lambda r: (r["recorded_at"], r["sequence"])
    )


def _history(user_id: str, trail: list[dict[str, Any]]) -> Table:
    title = f"Audit trail of {user_id}"
    table = _table(title, "record", "what", "by", "before → after, or reasons", "previous", "hash")
    for record in trail:
        sides = [
            f"{name}: {_side(side, 'before')} → {_side(side, 'after')}"
            for name, side in record.get("changes", {}).items()
        ]
        reasons = [f"{error['code']} {error['path']}" for error in record.get("errors", [])]
        table.add_row(
            record["sequence"][:30],
            f"{record.get('action')} {record['outcome']}",
            record.get("actor", {}).get("id", ""),
            "\n".join(sides or reasons),
            record["previous_hash"][:SHORT],
            record["hash"][:SHORT],
        )
    return table


def _side(side: dict[str, Any], which: str) -> str:
    value = side.get(which, "(none)")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
