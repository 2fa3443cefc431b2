"""An import through an outage that outlasts all the tries of its chunks: it waits, and succeeds."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.deploy import Outputs
from registrar_client.check import Checker
from tests.faults import machine
from tests.faults.runtime import INVOKE, Fault, Journal

DEFINITION = Path(__file__).parents[2] / "statemachines" / "import_users.asl.json"
CHUNK = json.loads(DEFINITION.read_text(encoding="utf-8"))["States"]["ApplyChunks"]["ItemProcessor"]["States"]
TRIES = 1 + sum(retrier["MaxAttempts"] for retrier in CHUNK["WriteChunk"]["Retry"])


@pytest.fixture(scope="module")
def run(deployed: Outputs, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Return what runs an import on the deployed machine, over chunk steps that fail as they are told."""
    folder = tmp_path_factory.mktemp("imports")
    states, functions, s3 = (deployed.client(name) for name in ("stepfunctions", "lambda", "s3"))
    code = machine.code_with_runtime(folder / "code")
    found = states.describe_state_machine(stateMachineArn=deployed.ImportUsersStateMachineArn)
    definition = found["definition"]
    steps = json.loads(definition)["States"]["ApplyChunks"]["ItemProcessor"]["States"]
    for state in steps.values():
        copy = machine.copy_function(functions, state["Resource"], code, folder)
        definition = definition.replace(state["Resource"], copy)
    arn = states.create_state_machine(
        name=f"Faulty-{uuid.uuid4().hex[:8]}", definition=definition, roleArn=found["roleArn"]
    )["stateMachineArn"]

    def run(content: str, import_id: str, fault: Fault) -> dict[str, Any]:
        Journal(folder, import_id).plan(fault)
        s3.put_object(Bucket=deployed.ImportBucketName, Key=f"uploads/{import_id}.csv", Body=content.encode())
        asked = {"source": {"key": f"uploads/{import_id}.csv"}, "actor": {"id": "admin-7", "type": "user"}}
        started = states.start_execution(stateMachineArn=arn, name=import_id, input=json.dumps(asked))
        execution = started["executionArn"]
        deadline = time.monotonic() + 90
        while (status := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert status["status"] == "SUCCEEDED", status.get("cause")
        runs = states.list_map_runs(executionArn=execution)["mapRuns"]
        journal = Journal(folder, import_id)
        invoked = [step for step, call, operation in journal.calls() if (call, operation) == (0, INVOKE)]
        assert journal.faults() == fault.times
        return {**json.loads(status["output"]), "map_runs": len(runs), "invoked": invoked.count(fault.step)}

    return run


@pytest.mark.parametrize(("step", "call"), [("write_chunk", 0), ("write_chunk", 1), ("audit_chunk", 0)])
def test_an_import_succeeds_through_an_outage_that_outlasts_its_chunks_tries(
    run, deployed: Outputs, step: str, call: int
):
    import_id = f"i{uuid.uuid4().hex[:10]}"
    content = f"user_id,email\n{import_id}-1,{import_id}@example.com\n{import_id}-2,no\n{import_id}-1,\n"
    summary = run(content, import_id, Fault(step, call, "before", times=2 * TRIES))
    assert (summary["rows"], summary["applied"], summary["rejected"], summary["failed"]) == (3, 1, 2, 0)
    # More than the child workflows' own tries: the map itself was run again.
    assert summary["map_runs"] > 1
    assert summary["invoked"] > TRIES
    client = deployed.client("dynamodb")
    checker = Checker(client, deployed.UsersTableName, deployed.LedgerTableName)
    assert [checker.check_user(f"{import_id}-{n}") for n in (1, 2)] == [[], []]
