"""The checker's work on a record, against reading the same bytes and hashing them."""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

from bench.result import Result, ratio
from registrar.canonical import canonical_json
from registrar_client.check import rules
from registrar_client.check.rules import Fold
from tests.integration.sample_requests import decided

RECORDS = 2000


def results() -> Iterator[Result]:
    """Measure the checker's fold over a user's records."""
    lines = [canonical_json(record) for record in _trail()]

    def checker() -> float:
        began = time.process_time()
        fold = Fold("u-1")
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
    yield Result(
        "checker, records a second", "json.loads and SHA-256", value, 0.5, spread=spread, bound="at_least"
    )


def _trail() -> list[dict[str, Any]]:
    user, records = None, []
    for number in range(RECORDS):
        action = "update" if user else "create"
        attributes = {"display_name": f"Ada {number}", "username": "ada", "email": "ada@example.com"}
        applied = decided(user, f"c-{number}", action, attributes=attributes)
        user = applied.after
        records.append(applied.record)
    return records
