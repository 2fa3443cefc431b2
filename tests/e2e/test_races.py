"""Many clients at once."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.registrar import registrar_of

ACTOR = {"id": "admin-7", "type": "user"}


@pytest.fixture(autouse=True, scope="module")
def warm(deployed):
    """Start the functions a few at a time: sixteen at once take two cores longer than a start may take."""
    for clients in (2, 4, 8, 12):
        request = {
            "action": "create",
            "user_id": "u-warm",
            "attributes": {"username": "warm"},
            "actor": ACTOR,
        }
        at_once(registrar_of(deployed, "express").execute, [request] * 2 * clients, clients)


def at_once(call: Callable[[Any], Any], values: Iterable[Any], clients: int = 16) -> list[Any]:
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(call, values))


def test_of_two_hundred_creates_of_one_address_exactly_one_wins(express):
    run = uuid.uuid4().hex[:8]
    email = f"{run}@example.com"

    def create(number: int) -> dict:
        return express.execute(
            {
                "change_id": f"{run}-{number}",
                "action": "create",
                "user_id": f"u-{run}-{number}",
                "attributes": {"email": email.upper() if number % 2 else email},
                "actor": ACTOR,
            }
        )

    answers = at_once(create, range(200))

    assert Counter(answer["outcome"] for answer in answers) == {"APPLIED": 1, "REJECTED": 199}
    (winner,) = (answer for answer in answers if answer["outcome"] == "APPLIED")
    (name,) = express.users(f"NAME#email#{email}")
    assert name["user_id"] == winner["user_id"]
    for answer in answers:
        receipt, user = express.users(f"CHANGE#{answer['change_id']}", f"USER#{answer['user_id']}")
        (record,) = express.trail(answer["user_id"]).values()
        assert receipt == {"pk": f"CHANGE#{answer['change_id']}", **record}
        assert (user is not None) == (answer is winner)
        if answer is not winner:
            assert [error["code"] for error in answer["errors"]] == ["name_taken"]


def test_updates_from_sixteen_clients_all_count(express, request_of):
    express.execute(request_of("create", attributes={"display_name": "0"}))
    updates = [request_of("update", attributes={"tags": {f"t{number}": "x"}}) for number in range(16)]
    answers = at_once(express.execute, updates)

    assert sorted(answer["version"] for answer in answers) == list(range(2, 18))
    (user,) = express.users(f"USER#{updates[0]['user_id']}")
    assert (user["version"], len(user["tags"])) == (17, 16)


@pytest.mark.parametrize("fields", [{}, {"expected_version": 1}], ids=["plain", "expecting a version"])
def test_fifty_starts_of_one_change_apply_it_once(registrar, request_of, fields):
    registrar.execute(request_of("create", attributes={"display_name": "Ada"}))
    request = request_of("update", attributes={"display_name": "Countess"}, **fields)
    answers = at_once(registrar.execute, [request] * 50)

    assert sum(not answer.pop("replayed") for answer in answers) == 1
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["outcome"] == "APPLIED"
    assert registrar.trail(request["user_id"]).keys() == {"v#000000000001", "v#000000000002"}
