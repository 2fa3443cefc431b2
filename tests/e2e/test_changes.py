"""Changes through the deployed machines, and what then stands in the tables, to the letter."""

import hashlib
import json
import re
import uuid
from typing import Any

import pytest

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
BESIDE_THE_CHAIN = {"reason", "changes", "errors", "request_hash", "salt", "hash"}


def sha256_of(value: Any) -> str:
    """Canonical JSON and its hash, written anew from the documentation."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_of(record: dict[str, Any]) -> str:
    return sha256_of({name: value for name, value in record.items() if name not in BESIDE_THE_CHAIN})


def names_of(user_id: str) -> dict[str, str]:
    return {"username": user_id, "email": f"{user_id}@Example.com"}


def test_a_change_stands_in_user_names_receipt_and_ledger_as_the_design_says(registrar, request_of):
    request = request_of("create", reason="ticket 4711")
    user_id = request["user_id"]
    request["attributes"] = names_of(user_id) | {"tags": {"team": "navy"}}
    answer = registrar.execute(request)

    user, email, username, receipt = registrar.users(
        f"USER#{user_id}",
        f"NAME#email#{user_id}@example.com",
        f"NAME#username#{user_id}",
        f"CHANGE#{request['change_id']}",
    )
    record = registrar.trail(user_id)["v#000000000001"]
    assert answer == {
        "change_id": request["change_id"],
        "outcome": "APPLIED",
        "user_id": user_id,
        "version": 1,
        "errors": [],
        "record_hash": record["hash"],
        "replayed": False,
    }
    assert TIME.fullmatch(record["recorded_at"])
    assert user == {
        "pk": f"USER#{user_id}",
        "user_id": user_id,
        "version": 1,
        "status": "active",
        "head": record["hash"],
        "listing": user["listing"],
        "created_at": record["recorded_at"],
        "updated_at": record["recorded_at"],
        **request["attributes"],
    }
    assert re.fullmatch(r"active#\d", user["listing"])
    assert email == {"pk": f"NAME#email#{user_id}@example.com", "user_id": user_id}
    assert username == {"pk": f"NAME#username#{user_id}", "user_id": user_id}
    assert receipt == {"pk": f"CHANGE#{request['change_id']}", **record}
    assert record == {
        "user_id": user_id,
        "sequence": "v#000000000001",
        "change_id": request["change_id"],
        "action": "create",
        "outcome": "APPLIED",
        "version": 1,
        "actor": {"id": "admin-7", "type": "user"},
        "reason": "ticket 4711",
        "recorded_at": record["recorded_at"],
        "changes": {
            "email": {"after": f"{user_id}@Example.com"},
            "status": {"after": "active"},
            "tags": {"after": {"team": "navy"}},
            "username": {"after": user_id},
        },
        "previous_hash": "0" * 64,
        "salt": record["salt"],
        "request_hash": sha256_of({name: value for name, value in request.items() if name != "change_id"}),
        "commitment": sha256_of(
            {name: record[name] for name in ("reason", "changes", "request_hash", "salt")}
        ),
        "hash": hash_of(record),
    }


def test_a_life_of_a_user_is_one_chain(registrar, request_of):
    create = request_of("create", attributes={"username": uuid.uuid4().hex, "display_name": "Ada"})
    rename = request_of("update", attributes={"username": uuid.uuid4().hex, "display_name": None})
    stale = request_of("update", attributes={"status": "suspended"}, expected_version=1)
    delete = request_of("delete", expected_version=2)
    again = request_of("create", attributes={"username": create["attributes"]["username"]})
    answers = [registrar.execute(change) for change in (create, rename, stale, delete, again)]

    assert [(a["outcome"], a["version"]) for a in answers] == [
        ("APPLIED", 1),
        ("APPLIED", 2),
        ("REJECTED", 2),
        ("APPLIED", 3),
        ("APPLIED", 4),
    ]
    assert [error["code"] for error in answers[2]["errors"]] == ["version_conflict"]
    trail = registrar.trail(create["user_id"])
    applied = [trail[f"v#{version:012d}"] for version in (1, 2, 3, 4)]
    assert len(trail) == 5
    assert [record["previous_hash"] for record in applied] == ["0" * 64] + [r["hash"] for r in applied[:3]]
    assert all(hash_of(record) == record["hash"] for record in trail.values())
    rejected = trail[f"r#{stale['change_id']}"]
    assert (rejected["previous_hash"], rejected["version"]) == (applied[1]["hash"], 2)
    user, old, new = registrar.users(
        f"USER#{create['user_id']}",
        f"NAME#username#{create['attributes']['username']}",
        f"NAME#username#{rename['attributes']['username']}",
    )
    assert (user["version"], user["head"], user["status"]) == (4, applied[3]["hash"], "active")
    assert "display_name" not in user
    assert old == {"pk": f"NAME#username#{create['attributes']['username']}", "user_id": create["user_id"]}
    assert new is None


def test_a_tombstone_keeps_its_version_and_no_name(registrar, request_of):
    create = request_of("create", attributes={"username": uuid.uuid4().hex})
    registrar.execute(create)
    registrar.execute(request_of("delete"))

    user, name = registrar.users(
        f"USER#{create['user_id']}", f"NAME#username#{create['attributes']['username']}"
    )
    assert user.keys() == {"pk", "user_id", "version", "status", "head", "created_at", "updated_at"}
    assert (user["version"], user["status"], name) == (2, "deleted", None)


def test_the_same_request_again_gets_the_recorded_answer(registrar, request_of):
    create = request_of("create", attributes={"username": uuid.uuid4().hex})
    update = request_of("update", attributes={"display_name": "Ada"}, expected_version=1)
    refused = request_of("update", attributes={"display_name": "Eve"}, expected_version=1)
    changes = (create, update, refused)
    first = [registrar.execute(change) for change in changes]
    trail = registrar.trail(create["user_id"])
    again = [registrar.execute(change) for change in changes]

    assert again == [answer | {"replayed": True} for answer in first]
    assert registrar.trail(create["user_id"]) == trail


def test_an_id_that_was_used_for_something_else_is_refused_and_recorded(registrar, request_of):
    create = request_of("create", attributes={"username": uuid.uuid4().hex})
    registrar.execute(create)
    other = create | {"attributes": {"username": uuid.uuid4().hex}}
    answers = [registrar.execute(other), registrar.execute(other)]

    assert [answer["replayed"] for answer in answers] == [False, True]
    assert [error["code"] for error in answers[0]["errors"]] == ["change_id_reused"]
    trail = registrar.trail(create["user_id"])
    refused = [sequence for sequence in trail if sequence.startswith("r#")]
    assert refused == [f"r#{create['change_id']}#{trail[refused[0]]['request_hash']}"]
    (receipt,) = registrar.users(f"CHANGE#{create['change_id']}")
    assert receipt["sequence"] == "v#000000000001"


def test_without_a_change_id_the_execution_names_the_change(registrar, request_of):
    request = request_of("create", attributes={"username": uuid.uuid4().hex})
    del request["change_id"]
    name = f"from-the-console-{uuid.uuid4().hex[:8]}"

    assert registrar.execute(request, name)["change_id"] == name
    (receipt,) = registrar.users(f"CHANGE#{name}")
    assert receipt["outcome"] == "APPLIED"


def test_the_happy_path_takes_three_steps(deployed, request_of):
    states = deployed.client("stepfunctions")
    request = request_of("create", attributes={"username": uuid.uuid4().hex})
    execution = states.start_execution(
        stateMachineArn=deployed.UserChangeStateMachineArn, input=json.dumps(request)
    )["executionArn"]
    while states.describe_execution(executionArn=execution)["status"] == "RUNNING":
        pass
    events = states.get_execution_history(executionArn=execution)["events"]

    entered = [
        event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event
    ]
    assert entered == ["ValidateChange", "WriteChange", "AuditChange"]


@pytest.mark.parametrize("given", ["ADA", "ａｄａ", "Ada"])  # noqa: RUF001 - the full-width name is the point
def test_names_that_look_alike_are_one_name(express, request_of, given):
    tail = uuid.uuid4().hex
    first = request_of("create", user_id=f"u-{uuid.uuid4().hex}", attributes={"username": f"ada{tail}"})
    second = request_of("create", attributes={"username": given + tail})

    assert express.execute(first)["outcome"] == "APPLIED"
    assert [error["code"] for error in express.execute(second)["errors"]] == ["name_taken"]
