"""The same change started many times, while every other start dies after its commit."""

from concurrent.futures import ThreadPoolExecutor

from tests.faults.runs import CLIENTS, Runs
from tests.faults.runtime import Fault
from tests.scenarios import scenario_of

STARTS = 50
COMMIT = 2


def test_of_many_starts_of_which_every_other_dies_after_its_commit_one_is_applied(runs: Runs):
    scenario = scenario_of("update that expects a version")
    journal = runs.faulty.journal(scenario.change["change_id"])
    for request in scenario.before:
        runs.faulty.express.execute(request)
    journal.clear()
    journal.plan(Fault("write_change", COMMIT, "after", times=STARTS // 2))
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(runs.faulty.express.execute, [scenario.change] * STARTS))
    assert journal.faults() > 0
    # Whoever committed may have died before it could say so: then every answer is a replay.
    assert sum(not answer.pop("replayed") for answer in answers) <= 1
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0]["outcome"], answers[0]["version"]) == ("APPLIED", 2)
    assert runs.violations(scenario) == []
