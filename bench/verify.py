"""The checker: its work on a record against reading and hashing, and a whole check against a plain scan."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Final

import boto3

from bench.engine import steps_on_an_engine
from bench.result import Result, ratio
from registrar.adapters.dynamodb import item_of
from registrar.adapters.items import receipt_item, user_item
from registrar.domain.canonical import canonical_json
from registrar.domain.decide import Applied
from registrar_client.check import Checker, rules
from registrar_client.check.rules import Fold
from tests.integration import tables
from tests.integration.sample_requests import decided

RECORDS: Final = 2000

CHECKED: Final = int(os.environ.get("CHECK_RECORDS", "12000"))
"""A multiple of three. 133,590 take minutes to put, and minutes to read: the local engine sorts a whole
table for each page that it gives."""

ROUNDS: Final = 5
SEGMENTS: Final = 4
VERSIONS: Final = 3


def results() -> Iterator[Result]:
    """Measure the checker's fold over a user's records, and a check of two tables."""
    yield _fold()
    yield _check()


def _fold() -> Result:
    lines = [canonical_json(applied.record.as_json()) for applied in _trail(0, RECORDS)]

    def checker() -> float:
        began = time.process_time()
        fold = Fold("u-0")
        for line in lines:
            record = json.loads(line)
            if fold.add(record) or rules.commitment(record) != record["commitment"]:
                raise AssertionError
            if rules.record_hash(record) != record["hash"]:
                raise AssertionError
        return len(lines) / (time.process_time() - began)

    def floor() -> float:
        began = time.process_time()
        for line in lines:
            json.loads(line)
            hashlib.sha256(line).hexdigest()
        return len(lines) / (time.process_time() - began)

    value, spread = ratio(checker, floor)
    against = "json.loads and SHA-256"
    return Result("checker, records a second", against, value, 0.5, spread=spread, bound="at_least")


def _check() -> Result:
    with steps_on_an_engine() as (client, made):
        put_users(client, made, CHECKED // VERSIONS)
        # As the command's: a page of a large table takes this engine longer than a step would wait.
        reader = boto3.client("dynamodb")

        def check() -> float:
            began = time.perf_counter()
            checker = Checker(reader, made.users, made.ledger)
            if list(checker.check(segments=SEGMENTS)) or checker.counts["records"] != CHECKED:
                raise AssertionError
            return time.perf_counter() - began

        def scan() -> float:
            began = time.perf_counter()
            with ThreadPoolExecutor(SEGMENTS) as pool:
                read = sum(pool.map(lambda segment: _read(reader, made, segment), range(SEGMENTS)))
            if read < CHECKED:
                raise AssertionError
            return time.perf_counter() - began

        value, spread = ratio(check, scan, rounds=ROUNDS)
    return Result(f"a check of {CHECKED:,} records", "a plain parallel scan", value, 1.5, spread=spread)


def put_users(client: Any, made: tables.Tables, users: int) -> None:
    """Fill tables with users, each with three records, as changes would; without executions."""
    everybody = (_trail(number, VERSIONS) for number in range(users))
    while some := list(islice(everybody, 1000)):
        tables.put_all(client, made.users, (item for applied in some for item in _items(applied)))
        records = (item_of(each.record.as_json()) for applied in some for each in applied)
        tables.put_all(client, made.ledger, records)


def _trail(number: int, versions: int) -> list[Applied]:
    """Return a user's changes: a create, then updates; the first one lets a name go."""
    applied: list[Applied] = []
    for version in range(versions):
        names = {"username": f"ada.{number}.{min(version, 1)}", "email": f"ada.{number}@example.com"}
        attributes = {**names, "display_name": f"Ada {version}"}
        before = applied[-1].after if applied else None
        action, change_id = "update" if applied else "create", f"c-{number}-{version}"
        applied.append(decided(before, change_id, action, f"u-{number}", attributes=attributes))
    return applied


def _items(applied: list[Applied]) -> Iterator[dict[str, Any]]:
    """Yield what a user's changes leave in the Users table."""
    user = applied[-1].after
    held: dict[str, str] = {}
    for each in applied:
        held = {**{kind: name for kind, name in held.items() if kind not in each.released}, **each.taken}
        yield receipt_item(each.record)
    yield user_item(user)
    for kind, name in held.items():
        yield item_of({"pk": f"NAME#{kind}#{name}", "user_id": user.user_id})


def _read(client: Any, made: tables.Tables, segment: int) -> int:
    """Read a segment of both tables; return how many items it has."""
    part = {"ConsistentRead": True, "Segment": segment, "TotalSegments": SEGMENTS}
    pages = client.get_paginator("scan").paginate
    return sum(
        len(page["Items"]) for table in (made.users, made.ledger) for page in pages(TableName=table, **part)
    )
