"""The steps at work on tables and a bucket, each call at a moment of the clock, and a note of every call."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.golden.clock import Clock
from tests.integration import import_machine, machine
from tests.integration.deaths import Death, watched
from tests.integration.tables import Tables
from tests.memory_s3 import MemoryS3

IMPORT_STEPS = ("plan_import", "write_chunk", "audit_chunk", "finish_import")
STREAM_STEPS = ("guard_ledger", "project_ledger")
KEYS = {"users": ("pk",), "ledger": ("user_id", "sequence"), "counters": ("pk", "sk")}
Call = dict[str, Any]


@dataclass
class Bus:
    """An event bus that takes everything."""

    published: list[dict[str, Any]] = field(default_factory=list)

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.published += Entries
        return {"Entries": [{"EventId": "1"} for _ in Entries]}


@dataclass
class Stage:
    """What the steps work on. Each call is appended to ``calls``."""

    engine: Any
    tables: Tables
    counters: str
    s3: MemoryS3
    bus: Bus
    clock: Clock
    calls: list[Call] = field(default_factory=list)
    about: str = ""
    holds_empty_texts: bool = True

    def can_hold(self, item: dict[str, Any]) -> bool:
        """Tell whether the engine takes an item, or what is in it: the jar takes no empty text."""
        return self.holds_empty_texts or ': ""' not in json.dumps(item)

    def call(self, name: str, event: Any, /, **noted: Any) -> Any:
        """Call a step at the next moment; return its answer. The event is noted unless it is the last answer.

        Raises:
            Exception: what the step has raised.
        """
        self.clock.number += 1
        call = {"step": name, "tick": self.clock.number, **noted}
        if self.about:
            call["about"], self.about = self.about, ""
        if not self.calls or self.calls[-1].get("answer") != event:
            call.setdefault("event", _json(event))
        found = self.outcome(call, event)
        error = found.pop("raised", None)
        self.calls.append({**call, **found})
        if error:
            raise error
        return found.get("answer")

    def outcome(self, call: Call, event: Any) -> dict[str, Any]:
        """Do what a call says at its moment; return what came of it, and the error itself as ``raised``."""
        self.clock.number = call["tick"]
        module = (import_machine if call["step"] in IMPORT_STEPS else machine).step(call["step"])
        before = len(self.bus.published)
        try:
            with watched(self.engine, self.s3, _dying(call.get("dies"))):
                found = {"answer": _json(module.handler(_json(event), None))}
        except Death:
            found = {}
        except Exception as error:  # noqa: BLE001 - whatever a step raises is noted
            found = {"error": {"type": type(error).__name__, "message": str(error)}, "raised": error}
        published = self.bus.published[before:]
        return {**found, "published": published} if published else found

    def deliver(self, handler: Callable[..., Any], event: Any) -> Any:
        """Call a step as ``machine.execute`` wants it."""
        return self.call(handler.__module__.rpartition(".")[2], event)

    def stream(self, name: str, table: str, items: list[dict[str, Any]]) -> Any:
        """Call a step with new items of a table; what stands in the table is noted by its key."""
        there = self.items(table)
        noted = [[item[key]["S"] for key in KEYS[table]] if item in there else item for item in items]
        first = 1000 * self.clock.number
        event = {"table": table, "items": noted, "first": first}
        return self.call(name, records_of(items, first), event=event)

    def event_of(self, call: Call, last: Any) -> Any:
        """Return the event of a noted call, given the answer of the call before."""
        event = call.get("event", last)
        if call["step"] not in STREAM_STEPS:
            return event
        there = {
            tuple(item[key]["S"] for key in KEYS[event["table"]]): item for item in self.items(event["table"])
        }
        items = [there[tuple(each)] if isinstance(each, list) else each for each in event["items"]]
        return records_of(items, event["first"])

    def edit(self, put: dict[str, Any] | None = None, delete: str | None = None) -> None:
        """Put an item of the Users table and delete another, as no step does."""
        self.calls.append({"edit": {"put": put, "delete": delete}})
        self.edited(put, delete)

    def edited(self, put: dict[str, Any] | None, delete: str | None) -> None:
        if delete:
            self.engine.delete_item(TableName=self.tables.users, Key={"pk": {"S": delete}})
        if put:
            self.engine.put_item(TableName=self.tables.users, Item=put)

    def names(self) -> dict[str, str]:
        return {"users": self.tables.users, "ledger": self.tables.ledger, "counters": self.counters}

    def items(self, name: str) -> list[dict[str, Any]]:
        """Return the items of a table, in DynamoDB's typed JSON, in the order of their keys."""
        pages = self.engine.get_paginator("scan").paginate(TableName=self.names()[name], ConsistentRead=True)
        found = [dict(sorted(item.items())) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: [item[key]["S"] for key in KEYS[name]])


def records_of(items: list[dict[str, Any]], first: int) -> dict[str, Any]:
    """Return the event that Lambda makes of new items of a table."""
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "ApproximateCreationDateTime": 0,
                    "NewImage": item,
                },
            }
            for number, item in enumerate(items, start=first)
        ]
    }


def _dying(dies: dict[str, Any] | None) -> Callable[[str, str], None]:
    left = [dies["calls"] if dies else 0]

    def watch(side: str, operation: str) -> None:
        if dies and side == "before-call" and operation == dies["before"]:
            left[0] -= 1
            if left[0] < 0:
                raise Death

    return watch


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value))
