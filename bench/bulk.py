"""An import on the deployed stacks, against one execution for each user from sixteen clients."""

import json
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from bench.result import Result
from local.deploy import Outputs
from local.lifecycle import local_aws

ROWS: Final = int(os.environ.get("BULK_ROWS", "10000"))
LARGE: Final = int(os.environ.get("BULK_LARGE", "0"))
"""Of a second import that is compared with the first row by row; 100000 takes some minutes."""

SINGLE: Final = 600
CLIENTS: Final = 16


def results() -> Iterator[Result]:
    """Measure single executions before and after an import, and the import between them."""
    with tempfile.TemporaryDirectory() as folder, local_aws(Path(folder)) as outputs:
        _import(outputs, 600)
        before = _one_by_one(outputs)
        seconds = _import(outputs, ROWS)
        after = _one_by_one(outputs)
        ratios = [ROWS / seconds / rate for rate in (before, after)]
        yield Result(
            f"rows a second of an import of {ROWS:,}",
            f"executions from {CLIENTS} clients",
            2 * ROWS / seconds / (before + after),
            8,
            spread=(min(ratios), max(ratios)),
            bound="at_least",
        )
        if LARGE:
            large = _import(outputs, LARGE)
            yield Result(
                f"time for a row of {LARGE:,}", f"of {ROWS:,}", large / LARGE / (seconds / ROWS), 1.20
            )


def _import(outputs: Outputs, rows: int) -> float:
    """Import new users; return the seconds from start to report."""
    s3, states = outputs.client("s3"), outputs.client("stepfunctions")
    mark = uuid.uuid4().hex[:8]
    lines = [f"{mark}-{n},{mark}{n},{mark}{n}@example.com,User {n}\n" for n in range(rows)]
    key = f"uploads/{mark}.csv"
    content = "user_id,username,email,display_name\n" + "".join(lines)
    s3.put_object(Bucket=outputs.ImportBucketName, Key=key, Body=content.encode())
    request = {"source": {"key": key}, "actor": {"id": "bench", "type": "user"}}
    began = time.perf_counter()
    summary = _ended(states, outputs.ImportUsersStateMachineArn, request)
    seconds = time.perf_counter() - began
    if summary["applied"] != rows:
        raise AssertionError(summary)
    return seconds


def _one_by_one(outputs: Outputs) -> float:
    """Create users by an execution each; return how many a second."""
    states = outputs.client("stepfunctions")

    def create(_: int) -> None:
        name = uuid.uuid4().hex[:12]
        attributes = {"username": name, "email": f"{name}@example.com", "display_name": f"User {name}"}
        actor = {"id": "bench", "type": "user"}
        request = {"action": "create", "user_id": name, "attributes": attributes, "actor": actor}
        if _ended(states, outputs.UserChangeStateMachineArn, request)["outcome"] != "APPLIED":
            raise AssertionError

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(create, range(4 * CLIENTS)))
        began = time.perf_counter()
        list(pool.map(create, range(SINGLE)))
        return SINGLE / (time.perf_counter() - began)


def _ended(states: Any, machine: str, request: dict[str, Any]) -> dict[str, Any]:
    started = states.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"]
    while (done := states.describe_execution(executionArn=started))["status"] == "RUNNING":
        time.sleep(0.05)
    if done["status"] != "SUCCEEDED":
        raise AssertionError(done)
    output: dict[str, Any] = json.loads(done["output"])
    return output
