"""The sample changes through the deployed state machine, and a report of what happened."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from rich.console import Console
from rich.table import Table

from adapters.dynamodb import plain
from local.deploy import Outputs
from registrar.chain import verify

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

CONFIG = Config(inject_host_prefix=False)
SHORT = 12


def main(outputs: Outputs, samples: Path) -> int:
    """Send every sample in the order of the file names, print the report; return 0 when every chain verifies."""
    console = Console(width=None if Console().is_terminal else 140, highlight=False)
    session = boto3.Session("test", "test", region_name=outputs.region)
    states = session.client("stepfunctions", endpoint_url=outputs.endpoint, config=CONFIG)
    dynamodb = session.client("dynamodb", endpoint_url=outputs.endpoint, config=CONFIG)

    def everything(table: str) -> list[dict[str, Any]]:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [plain(item) for page in pages for item in page["Items"]]

    changes = Table("sample", "action", "user", "outcome", "version or reasons", "ms", title="Changes")
    for sample in sorted(samples.glob("*.json")):
        changes.add_row(sample.stem, *_row(states, outputs.UserChangeStateMachineArn, sample.read_text()))
    console.print(changes)
    users = [item for item in everything(outputs.UsersTableName) if item["pk"].startswith("USER#")]
    console.print(_users(users))
    records = everything(outputs.LedgerTableName)
    trails = {user["user_id"]: _trail(records, user["user_id"]) for user in users}
    longest = max(trails, key=lambda user_id: len(trails[user_id]))
    console.print(_history(longest, trails[longest]))
    faults = [fault for user in users for fault in verify(trails[user["user_id"]], user["head"])]
    for fault in faults:
        console.print(f"[red]{fault}")
    verdict = f"{len(faults)} faults" if faults else "every chain verifies"
    console.print(f"Recomputed {len(records)} records of {len(users)} users: {verdict}.")
    return 1 if faults else 0


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


def _users(users: list[dict[str, Any]]) -> Table:
    table = Table("user", "version", "status", "username", "email", "display name", title="Users")
    for user in sorted(users, key=lambda item: item["user_id"]):
        names = (user.get(name, "") for name in ("username", "email", "display_name"))
        table.add_row(user["user_id"], str(user["version"]), user["status"], *names)
    return table


def _trail(records: list[dict[str, Any]], user_id: str) -> list[dict[str, Any]]:
    return sorted(
        (r for r in records if r["user_id"] == user_id), key=lambda r: (r["recorded_at"], r["sequence"])
    )


def _history(user_id: str, trail: list[dict[str, Any]]) -> Table:
    table = Table(
        "record", "what", "by", "before → after", "previous", "hash", title=f"Audit trail of {user_id}"
    )
    for record in trail:
        sides = [
            f"{name}: {side.get('before', '–')} → {side.get('after', '–')}"
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
