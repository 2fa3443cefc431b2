"""The state machine by itself, each step's answer mocked in the format of Step Functions Local.

STEP_FUNCTIONS_LOCAL_ENDPOINT runs these on Amazon's own Step Functions Local (see compose.yaml).
"""

import json
import os
import time
from pathlib import Path

import pytest

from local import ministack
from local.deploy import CHECKOUT, client
from local.step_functions_local import create

AMAZONS = os.environ.get("STEP_FUNCTIONS_LOCAL_ENDPOINT")
CONFIG = Path(__file__).with_name("MockConfigFile.json")
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """A Step Functions client of an engine that has read the mock file."""
    if AMAZONS:
        yield client("stepfunctions", AMAZONS)
        return
    directory = tmp_path_factory.mktemp("mocked")
    engine = ministack.start(directory, SFN_MOCK_CONFIG=str(CONFIG), SFN_WAIT_SCALE="0")
    try:
        yield client("stepfunctions", engine.endpoint)
    finally:
        ministack.stop(engine)


@pytest.fixture(scope="module")
def machine(states):
    definition = (CHECKOUT / "statemachines" / "user_change.asl.json").read_text()
    for step in ("ValidateChange", "WriteChange", "AuditChange", "AuditRejection"):
        definition = definition.replace(f"${{{step}FunctionArn}}", FUNCTION + step)
    return create(states, definition)


def run(states, machine, case):
    """Run a mocked test case; return how it ended and the states it entered."""
    arn = states.start_execution(stateMachineArn=f"{machine}#{case}", input="{}")["executionArn"]
    while (done := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.05)
    events = states.get_execution_history(executionArn=arn)["events"]
    entered = [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]
    failed = sum(e["type"] in ("LambdaFunctionFailed", "TaskFailed") for e in events)
    return done, entered, failed


def test_the_happy_path_goes_through_three_steps(states, machine):
    done, entered, _ = run(states, machine, "HappyPath")

    assert done["status"] == "SUCCEEDED"
    assert json.loads(done["output"]) == {"outcome": "APPLIED", "version": 2}
    assert entered == ["ValidateChange", "WriteChange", "AuditChange"]


def test_a_rejection_is_audited_and_succeeds(states, machine):
    done, entered, _ = run(states, machine, "Rejection")

    assert done["status"] == "SUCCEEDED"
    assert json.loads(done["output"])["outcome"] == "REJECTED"
    assert entered == ["ValidateChange", "AuditRejection"]


def test_a_throttled_step_is_tried_again(states, machine):
    done, entered, failed = run(states, machine, "ThrottledThenFine")

    if AMAZONS:
        assert (done["status"], failed) == ("SUCCEEDED", 2)
        assert entered == ["ValidateChange", "WriteChange", "AuditChange"]
    else:
        # MiniStack throws a mocked error at every attempt, so all of them are seen: one and its six retries.
        assert (done["status"], done["error"], failed) == ("FAILED", "Lambda.TooManyRequestsException", 7)
        assert entered == ["ValidateChange", "WriteChange"]


def test_a_fault_that_no_retry_mends_fails_the_execution_by_its_name(states, machine):
    done, entered, failed = run(states, machine, "LambdaError")

    assert (done["status"], done["error"]) == ("FAILED", "LedgerMismatch")
    assert entered == ["ValidateChange", "WriteChange", "AuditChange"]
    assert failed == 1
