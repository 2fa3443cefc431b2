"""The definition of the import, and that the machine runs it."""

import json
import re
from pathlib import Path
from typing import Any

from registrar.domain.errors import ImportRefused
from registrar.imports.services.chunks import WORK_SECONDS
from tests.infra.synthesized import IMPORT_MACHINE, IMPORT_STEPS, Stage
from tests.infra.test_state_machine import EXPRESS_LIMIT
from tests.infra.test_state_machine import STATES as CHANGE_STATES

TEXT = (Path(__file__).parents[2] / "statemachines" / "import_users.asl.json").read_text(encoding="utf-8")
STATES: dict[str, dict[str, Any]] = json.loads(TEXT)["States"]
CHUNK: dict[str, dict[str, Any]] = STATES["ApplyChunks"]["ItemProcessor"]["States"]
LAST_CALLS_SECONDS = 10
"""A call's time-outs and its one retry (``registrar.adapters.dynamodb.make_client``)."""
TASKS = {**{name: state for name, state in STATES.items() if state["Type"] == "Task"}, **CHUNK}


def test_an_import_is_planned_applied_and_finished_and_a_chunk_is_written_and_audited():
    assert [STATES[name].get("Next") for name in ("PlanImport", "ApplyChunks", "FinishImport")] == [
        "ApplyChunks",
        "FinishImport",
        None,
    ]
    assert [CHUNK[name].get("Next") for name in ("WriteChunk", "AuditChunk")] == ["AuditChunk", None]


WHOLE_FILE_TASKS = {name: state for name, state in TASKS.items() if name not in CHUNK}


def test_every_task_retries_what_the_steps_of_a_change_retry():
    wanted = CHANGE_STATES["WriteChange"]["Retry"]
    for state in WHOLE_FILE_TASKS.values():
        assert state["Retry"] == wanted
    for state in CHUNK.values():
        retried = [error for retrier in state["Retry"] for error in retrier["ErrorEquals"]]
        assert sorted(retried) == sorted(wanted[0]["ErrorEquals"])


def waits_of(retrier: dict[str, Any]) -> list[float]:
    """Return how long a retrier waits before each of its attempts, at most."""
    intervals = (
        retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt
        for attempt in range(retrier["MaxAttempts"])
    )
    return [min(seconds, retrier["MaxDelaySeconds"]) for seconds in intervals]


def worst_of(state: dict[str, Any]) -> float:
    """Return how many seconds a step of a chunk takes at most: each of its tries hangs to its end.

    Retriers count by themselves. A call that Lambda turns away (429) ends before anything is begun.
    """
    seconds = float(state["TimeoutSeconds"])
    for retrier in state["Retry"]:
        is_fast = retrier["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
        tries = 0 if is_fast else state["TimeoutSeconds"]
        seconds += sum(wait + tries for wait in waits_of(retrier))
    return seconds


def test_all_tries_of_a_chunk_fit_into_an_express_workflow_s_time():
    assert sum(map(worst_of, CHUNK.values())) < EXPRESS_LIMIT
    for state in CHUNK.values():
        assert all(retrier["MaxAttempts"] >= 1 for retrier in state["Retry"])


def test_a_chunk_s_function_gives_up_by_itself_before_its_timeout(stage: Stage):
    functions = stage.resources("AWS::Lambda::Function")
    for name, state in CHUNK.items():
        timeout = functions[f"ImportUsers/{name}/Function"]["Properties"]["Timeout"]
        assert WORK_SECONDS + LAST_CALLS_SECONDS <= timeout < state["TimeoutSeconds"]


def test_a_map_whose_chunks_have_used_up_their_tries_is_run_again_for_half_an_hour():
    """What a distributed map fails with: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html."""
    (retrier,) = STATES["ApplyChunks"]["Retry"]
    assert retrier["ErrorEquals"] == ["States.ExceedToleratedFailureThreshold", "States.ItemReaderFailed"]
    waits = waits_of(retrier)
    assert 25 * 60 <= sum(waits) <= 45 * 60
    assert sum(waits) + (len(waits) + 1) * EXPRESS_LIMIT < json.loads(TEXT)["TimeoutSeconds"]


def test_only_a_file_that_is_refused_is_caught():
    catchers = {name: state["Catch"] for name, state in STATES.items() if "Catch" in state}
    assert catchers == {"PlanImport": [{"ErrorEquals": [ImportRefused.__name__], "Next": "RefuseImport"}]}


def test_the_map_depends_on_nothing_that_an_engine_lacks():
    state = STATES["ApplyChunks"]
    assert not {"ItemBatcher", "ResultWriter", "ToleratedFailurePercentage", "Catch"} & set(state)
    assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSON"}
    # What the chunks answer is small and let go: a map's output is bounded, the number of chunks hardly.
    assert state["ResultPath"] is None
    paths = {path for task in (*TASKS.values(), state) for path in task.get("Parameters", {}).values()}
    assert paths == {"$", "$.Cause", "$.import_id", "$$.Execution.Name", "$$.Execution.StartTime"}
    assert state["ItemSelector"] == {
        "import_id.$": "$.import_id",
        "chunk.$": "$$.Map.Item.Value.chunk",
    }


def test_a_function_ends_before_its_state(stage: Stage):
    functions = stage.resources("AWS::Lambda::Function")
    for name, state in TASKS.items():
        function = "FinishImport" if name == "RefuseImport" else name
        timeout = functions[f"ImportUsers/{function}/Function"]["Properties"]["Timeout"]
        assert timeout < state["TimeoutSeconds"]


def test_the_machine_runs_the_file_with_the_stage_s_number_of_chunks_at_once(stage: Stage):
    properties = stage.resources("AWS::StepFunctions::StateMachine")[f"{IMPORT_MACHINE}/StateMachine"][
        "Properties"
    ]
    deployed, expected = json.loads(properties["DefinitionString"]), json.loads(TEXT)
    expected["States"]["ApplyChunks"]["MaxConcurrency"] = stage.settings.import_chunks_at_once
    assert deployed == expected
    names = {name.rpartition("/")[2] for name in IMPORT_STEPS}
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == {f"{name}FunctionArn" for name in names}
    assert stage.named(properties["DefinitionSubstitutions"]) == {
        f"{name}FunctionArn": f"ImportUsers/{name}/Function" for name in names
    }


def test_the_machine_may_run_its_chunks_and_read_their_list_and_no_more(stage: Stage):
    allowed = {
        action
        for role, statement in stage.statements()
        if role == f"{IMPORT_MACHINE}/Role"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if action.split(":")[0] in ("states", "s3")
    }
    assert allowed == {
        "states:StartExecution",
        "states:DescribeExecution",
        "states:RedriveExecution",
        "states:StopExecution",
        "s3:GetObject",
    }


def test_what_is_imported_is_private_encrypted_and_let_go(stage: Stage):
    (bucket,) = stage.resources("AWS::S3::Bucket").values()
    properties = stage.named(bucket["Properties"])
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"KMSMasterKeyID": "Key", "SSEAlgorithm": "aws:kms"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    (lifecycle,) = properties["LifecycleConfiguration"]["Rules"]
    assert lifecycle["ExpirationInDays"] == stage.settings.import_days
    (policy,) = stage.resources("AWS::S3::BucketPolicy").values()
    denied = [
        each for each in policy["Properties"]["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"
    ]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [each["Condition"] for each in denied]
