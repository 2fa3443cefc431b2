"""Sixteen clients at once on both engines: one winner, no gap, nothing lost.

After each test the tables must agree (the checker finds nothing): versions without a gap, names and live
users one to one, receipts and ledger one to one, every chain whole.
"""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.sample_requests import request

CLIENTS = 16


@pytest.fixture
def at_once(execute):
    """Return a function that runs requests by 16 clients at once and returns the answers in order."""

    def run(changes):
        with ThreadPoolExecutor(CLIENTS) as clients:
            return list(clients.map(execute, changes))

    return run


def outcomes(answers) -> Counter[str]:
    return Counter(answer["errors"][0]["code"] if answer["errors"] else "APPLIED" for answer in answers)


def test_creates_of_one_email_have_one_winner(at_once):
    answers = at_once(
        [request("create", f"u-{n}", attributes={"email": "One@example.com"}) for n in range(2 * CLIENTS)]
    )
    assert outcomes(answers) == {"APPLIED": 1, "name_taken": 2 * CLIENTS - 1}


def test_creates_of_one_user_have_one_winner(at_once):
    answers = at_once([request("create", attributes={"username": f"n-{n}"}) for n in range(2 * CLIENTS)])
    assert outcomes(answers) == {"APPLIED": 1, "user_exists": 2 * CLIENTS - 1}


def test_updates_of_one_user_are_all_applied_one_after_the_other(execute, at_once):
    execute(request("create", attributes={}))
    answers = at_once([request("update", attributes={"tags": {f"t-{n}": "x"}}) for n in range(CLIENTS)])
    assert sorted(answer["version"] for answer in answers) == list(range(2, CLIENTS + 2))
    assert outcomes(answers) == {"APPLIED": CLIENTS}


def test_of_updates_that_expect_one_version_one_is_applied(execute, at_once):
    execute(request("create", attributes={}))
    answers = at_once(
        [request("update", attributes={"username": f"n-{n}"}, expected_version=1) for n in range(CLIENTS)]
    )
    assert outcomes(answers) == {"APPLIED": 1, "version_conflict": CLIENTS - 1}


@pytest.mark.parametrize("action", ["create", "update", "delete"])
def test_one_change_sent_by_all_at_once_is_applied_once(execute, at_once, action):
    fields = {"attributes": {"username": "ada"}} if action != "delete" else {}
    if action != "create":
        execute(request("create", attributes={}))
    answers = at_once([request(action, change_id="c-1", **fields)] * CLIENTS)
    assert len({answer["record_hash"] for answer in answers}) == 1
    assert outcomes(answers) == {"APPLIED": CLIENTS}
    assert sum(not answer["replayed"] for answer in answers) == 1


def test_names_that_change_hands_are_held_by_one_each(execute, at_once):
    """Few names for many: renames, deletes and new lives, of which many must be refused."""
    chance = random.Random(1)
    for n in range(4):
        execute(request("create", f"u-{n}", attributes={"username": f"n-{n}"}))
    changes = []
    for _ in range(4 * CLIENTS):
        user_id, name = f"u-{chance.randrange(4)}", f"n-{chance.randrange(6)}"
        action = chance.choice(["create", "update", "update", "update", "delete"])
        fields = {} if action == "delete" else {"attributes": {"username": name}}
        changes.append(request(action, user_id, **fields))
    found = outcomes(at_once(changes))
    assert found["APPLIED"] > 0
    assert found.keys() <= {"APPLIED", "name_taken", "user_exists", "user_not_found"}
    assert found.total() == len(changes)
