"""What else goes wrong than a death: lost answers, throttling, conflicts, a ledger that is not allowed."""

import uuid

import pytest

from tests.e2e.registrar import ExecutionFailedError
from tests.faults.runs import Runs
from tests.faults.runtime import Fault
from tests.scenarios import scenario_of

WRITE, AUDIT = "write_change", "audit_change"
# The commit of an update is its second call: the first one reads.
COMMIT = 2


def fault(step: str, call: int, effect: str, times: int, side: str = "before") -> Fault:
    return Fault(step, call, side, effect, times)


PASSING = {
    # Twice: the client's own retry, under the same token, is lost as well. The next try is sealed anew, under
    # a token that the engine has never seen, as it would be when the first has been forgotten.
    "the answer to the commit is lost": fault(WRITE, COMMIT, "lost", 1, "after"),
    "the answer to the commit is lost twice": fault(WRITE, COMMIT, "lost", 2, "after"),
    "the answer to the delivery is lost twice": fault(AUDIT, 1, "lost", 2, "after"),
    "the read is throttled": fault(WRITE, 1, "ThrottlingException", 3),
    "the commit is throttled": fault(WRITE, COMMIT, "ThrottlingException", 15),
    "the commit conflicts": fault(WRITE, COMMIT, "TransactionConflict", 1),
    "the commit conflicts again and again": fault(WRITE, COMMIT, "TransactionConflict", 15),
    "the delivery is throttled": fault(AUDIT, 1, "ProvisionedThroughputExceededException", 5),
    "the delivery has an internal error": fault(AUDIT, 1, "InternalServerError", 5),
}
LASTING = {
    "the ledger refuses": fault(AUDIT, 1, "AccessDeniedException", 1000),
    "the ledger is throttled for good": fault(AUDIT, 1, "ThrottlingException", 1000),
    "every answer of the ledger is lost": fault(AUDIT, 1, "lost", 1000, "after"),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again_and_changes_nothing_twice(runs: Runs, name: str):
    run = runs.run("update that expects a version", PASSING[name])
    assert (run.answer, run.failed, run.violations) == (("APPLIED", 2, ()), False, [])
    assert run.faults == PASSING[name].times


@pytest.mark.parametrize("name", LASTING)
def test_what_a_failed_execution_left_behind_is_delivered_by_the_guard(runs: Runs, name: str):
    run = runs.run("rename", LASTING[name])
    assert (run.answer, run.failed, run.violations) == (("APPLIED", 2, ()), True, [])


@pytest.mark.parametrize("kind", ["create", "stale version"])
def test_a_table_that_refuses_fails_the_execution_and_changes_nothing(runs: Runs, kind: str):
    scenario = scenario_of(kind)
    journal = runs.faulty.journal(scenario.change["change_id"])
    for request in scenario.before:
        runs.faulty.express.execute(request)
    step = "audit_rejection" if scenario.before else WRITE
    journal.plan(fault(step, 1, "AccessDeniedException", 1000))
    for _ in range(2):
        with pytest.raises(ExecutionFailedError, match="AccessDenied"):
            runs.faulty.express.execute(scenario.change)
    assert runs.faulty.express.users(f"CHANGE#{scenario.change['change_id']}") == [None]
    for user_id in scenario.user_ids:
        assert runs.checker.check_user(user_id) == []


@pytest.mark.parametrize("step", [WRITE, AUDIT])
def test_a_machine_retries_on_standard_as_on_express(runs: Runs, step: str):
    run = runs.run("update", Fault(step, 1, "before", times=3), machine=runs.faulty.standard)
    assert (run.answer, run.failed, run.faults, run.violations) == (("APPLIED", 2, ()), False, 3, [])


def test_an_execution_that_is_aborted_between_write_and_audit_is_completed_by_the_guard(runs: Runs):
    """Stopped by hand while the audit step is being retried."""
    scenario = scenario_of("create")
    machine, change_id = runs.faulty.standard, scenario.change["change_id"]
    journal = runs.faulty.journal(change_id)
    journal.plan(fault(AUDIT, 1, "hang", 1))
    arn = machine.start(scenario.change, str(uuid.uuid4()))
    runs.until(lambda: journal.faults() == 1)
    machine.states.stop_execution(executionArn=arn, cause="by hand")
    assert machine.states.describe_execution(executionArn=arn)["status"] == "ABORTED"
    assert [receipt and receipt["outcome"] for receipt in machine.users(f"CHANGE#{change_id}")] == ["APPLIED"]
    runs.until(lambda: not runs.violations(scenario))
    assert machine.trail(scenario.user_ids[0]).keys() == {"v#000000000001"}
