"""The definition of the state machine, and that both machines run it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from registrar.domain.errors import ChangeRejected, LedgerMismatch, TransientFault
from tests.infra.synthesized import STEPS, Stage

TEXT = (Path(__file__).parents[2] / "statemachines" / "user_change.asl.json").read_text(encoding="utf-8")
DEFINITION: dict[str, Any] = json.loads(TEXT)
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]

# What Step Functions calls the faults of Lambda that pass by themselves, and a call that took too long.
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
LAMBDA_FAULTS = {
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.Unknown",
    "Sandbox.Timedout",
    "States.Timeout",
}
EXPRESS_LIMIT = 300


def happy_path() -> list[str]:
    path = [DEFINITION["StartAt"]]
    while "Next" in STATES[path[-1]]:
        path.append(STATES[path[-1]]["Next"])
    return path


def waits(retrier: dict[str, Any]) -> list[float]:
    """The longest wait before each retry: full jitter waits any time up to it."""
    backoff = (
        retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt
        for attempt in range(retrier["MaxAttempts"])
    )
    return [min(wait, retrier["MaxDelaySeconds"]) for wait in backoff]


def test_the_happy_path_is_three_tasks_and_a_rejection_needs_no_more():
    assert happy_path() == ["ValidateChange", "WriteChange", "AuditChange"]
    assert set(STATES) == {*happy_path(), "AuditRejection"}
    assert {state["Type"] for state in STATES.values()} == {"Task"}
    assert [name for name, state in STATES.items() if state.get("End")] == ["AuditChange", "AuditRejection"]


def test_the_definition_uses_only_what_every_engine_runs():
    allowed = {"Type", "Comment", "Resource", "Parameters", "TimeoutSeconds", "Retry", "Catch", "Next", "End"}
    assert set(DEFINITION) == {"Comment", "StartAt", "TimeoutSeconds", "States"}
    for name, state in STATES.items():
        assert set(state) <= allowed
        assert state["Resource"] == f"${{{name}FunctionArn}}"
        for field, path in state.get("Parameters", {}).items():
            assert field.endswith(".$")
            # A path to a thing that is always there: engines differ in what a path to nothing gives.
            assert path in {"$", "$.Cause", "$$.Execution.Name", "$$.Execution.Input"}


def test_every_state_retries_the_same_passing_faults_and_no_decision():
    retriers = [state["Retry"] for state in STATES.values()]
    assert all(retrier == retriers[0] for retrier in retriers)
    (retrier,) = retriers[0]
    assert set(retrier["ErrorEquals"]) == {TransientFault.__name__} | LAMBDA_FAULTS
    assert not {ChangeRejected.__name__, LedgerMismatch.__name__} & set(retrier["ErrorEquals"])
    assert retrier["JitterStrategy"] == "FULL"
    assert retrier["MaxDelaySeconds"] == 15
    assert retrier["BackoffRate"] > 1


def test_a_rejection_is_caught_where_a_change_is_decided_and_nowhere_else():
    catchers = {name: state["Catch"] for name, state in STATES.items() if "Catch" in state}
    caught = [{"ErrorEquals": [ChangeRejected.__name__], "Next": "AuditRejection"}]
    assert catchers == {"ValidateChange": caught, "WriteChange": caught}


def test_any_one_state_can_use_up_its_retries_before_the_machine_s_time_is_over():
    for state in STATES.values():
        (retrier,) = state["Retry"]
        calls = (retrier["MaxAttempts"] + 1) * state["TimeoutSeconds"]
        assert calls + sum(waits(retrier)) < DEFINITION["TimeoutSeconds"]


def test_every_state_can_use_up_its_retries_when_its_calls_fail_at_once():
    # Three states that all hang cannot fit into Express: such an execution times out, and an alarm says so.
    waiting = sum(sum(waits(STATES[name]["Retry"][0])) for name in happy_path())
    assert waiting < DEFINITION["TimeoutSeconds"] - 60


def test_the_machine_ends_before_express_ends_it(stage: Stage):
    assert DEFINITION["TimeoutSeconds"] < EXPRESS_LIMIT
    functions = stage.resources("AWS::Lambda::Function")
    timeouts = [functions[f"{name}/Function"]["Properties"]["Timeout"] for name in STEPS]
    assert max(timeouts) < min(state["TimeoutSeconds"] for state in STATES.values())


@pytest.mark.parametrize(("machine", "kind"), [("UserChange", "STANDARD"), ("UserChangeExpress", "EXPRESS")])
def test_both_machines_run_the_file_as_it_is(stage: Stage, machine: str, kind: str):
    properties = stage.resources("AWS::StepFunctions::StateMachine")[f"{machine}/StateMachine"]["Properties"]
    assert properties["StateMachineType"] == kind
    assert properties["DefinitionString"] == TEXT
    assert stage.named(properties["DefinitionSubstitutions"]) == {
        f"{name}FunctionArn": f"{name}/Function" for name in STEPS
    }
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == set(properties["DefinitionSubstitutions"])
