"""The API over real HTTP: curl's view of it, the two clients, the command, and what listeners are told."""

import asyncio
import json
import time
import uuid
from typing import Any

import boto3
import httpx
import pytest
from typer.testing import CliRunner

from local.deploy import Outputs
from registrar_client import (
    AsyncRegistrarClient,
    ChangeIdReused,
    NameTaken,
    RegistrarClient,
    SigV4,
    UserNotFound,
    VersionConflict,
)
from registrar_client.command import app

AUTH = SigV4(boto3.Session("test", "test").get_credentials(), "us-east-1")
# The caller that the local AWS sees behind its dummy credentials.
ACTOR = {"id": "arn:aws:iam::000000000000:root", "type": "iam"}


@pytest.fixture(scope="module")
def client(deployed: Outputs) -> Any:
    with RegistrarClient(deployed.ApiUrl, AUTH) as client:
        yield client


@pytest.fixture
def name() -> str:
    return f"n-{uuid.uuid4().hex[:12]}"


def test_a_life_of_a_user(client, name):
    created = client.create({"username": name, "email": f"{name}@example.com"}, reason="ticket 1")
    user_id = created.user_id
    assert (
        client.find(email=f"{name.upper()}@EXAMPLE.com") == client.find(username=name) == client.get(user_id)
    )
    updated = client.update(user_id, {"display_name": "Ada", "tags": {"team": "navy"}}, expected_version=1)
    with pytest.raises(VersionConflict) as conflict:
        client.update(user_id, {"display_name": None}, expected_version=1)
    with pytest.raises(NameTaken):
        client.create({"username": name})
    user = client.get(user_id)
    assert (user.version, user.display_name, user.tags) == (2, "Ada", {"team": "navy"})
    assert user.head == updated.record_hash
    client.delete(user_id)
    with pytest.raises(UserNotFound):
        client.get(user_id)
    assert client.find(username=name) is None
    trail = list(client.history(user_id, page_size=2))
    assert [(record.action, record.outcome, record.version) for record in trail] == [
        ("create", "APPLIED", 1),
        ("update", "APPLIED", 2),
        ("update", "REJECTED", 2),
        ("delete", "APPLIED", 3),
    ]
    assert trail[2].hash == conflict.value.document["record_hash"]
    assert {record.actor["id"] for record in trail} == {ACTOR["id"]}
    assert [record.previous_hash for record in trail][1:] == [trail[0].hash, trail[1].hash, trail[1].hash]
    assert trail[1].changes["display_name"] == {"after": "Ada"}


def test_a_change_sent_twice_takes_effect_once_and_its_id_serves_no_other(client, name):
    first = client.create({"username": name}, change_id=name)
    again = client.create({"username": name}, change_id=name)
    assert (first.replayed, again.replayed) == (False, True)
    assert (first.user_id, first.record_hash) == (again.user_id, again.record_hash)
    with pytest.raises(ChangeIdReused):
        client.create({"username": f"{name}-2"}, change_id=name)
    assert client.change(name) == again


def test_a_change_may_be_started_and_waited_for(client, name):
    assert client.start("create", name, {"username": name}, change_id=name) == name
    decided = client.wait_for(name)
    assert (decided.outcome, decided.version) == ("APPLIED", 1)
    # Started once more it is answered at once, from what was recorded.
    assert client.start("create", name, {"username": name}, change_id=name) == name


def test_users_are_listed_by_status_in_the_order_of_their_newest_change(client, name):
    began = client.create({"status": "suspended"}, f"{name}-0")
    since = client.get(began.user_id).updated_at
    for number in range(1, 5):
        client.create({"status": "suspended"}, f"{name}-{number}")
    client.update(f"{name}-2", {"display_name": "later"})
    listed = [user.user_id for user in client.list("suspended", updated_after=since, page_size=2)]
    assert [each for each in listed if each.startswith(name)] == [f"{name}-{n}" for n in (1, 3, 4, 2)]


def test_the_async_client_does_the_same(deployed, name):
    async def live() -> list[Any]:
        async with AsyncRegistrarClient(deployed.ApiUrl, AUTH) as client:
            done = await asyncio.gather(*(client.create({}, f"{name}-{n}") for n in range(4)))
            await client.delete(f"{name}-0")
            return [*done, *[record async for record in client.history(f"{name}-0", page_size=1)]]

    *done, created, deleted = asyncio.run(live())
    assert {change.outcome for change in done} == {"APPLIED"}
    assert (created.version, deleted.version) == (1, 2)


def test_who_is_not_known_to_the_gateway_gets_no_further(deployed):
    assert httpx.get(f"{deployed.ApiUrl}/users/u-1").status_code == 403
    assert httpx.post(f"{deployed.ApiUrl}/changes", json={}).status_code == 403
    assert httpx.get(f"{deployed.ApiUrl}/health").json() == {"status": "ok"}


def test_the_command_does_it_as_the_readme_says(deployed, name, tmp_path, monkeypatch):
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(vars(deployed)))
    monkeypatch.chdir(tmp_path)

    def registrar(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    created = json.loads(registrar("create", "--username", name, "--email", f"{name}@example.com", "--json"))
    user_id = created["user_id"]
    assert (
        registrar("update", user_id, "--tag", "team=navy", "--reason", "ticket 1")
        == f"updated {user_id}, version 2\n"
    )
    assert json.loads(registrar("get", user_id, "--json"))["tags"] == {"team": "navy"}
    assert user_id in registrar("find", "--email", f"{name}@example.com")
    assert user_id in registrar("list", "--all")
    story = registrar("history", user_id)
    assert "version 1   create by arn:aws:iam" in story
    assert f"username: (none) → {name}" in story
    assert 'tags: (none) → {"team": "navy"}' in story
    assert registrar("change", created["change_id"]) == f"applied: {user_id}, version 1\n"
    assert registrar("delete", user_id) == f"deleted {user_id}, version 3\n"
    assert "active" in registrar("stats")
    assert json.loads(registrar("stats", "--json"))["users"]["active"] >= 0


def test_each_change_is_published_and_counted(deployed, client, name):
    events, sqs = deployed.client("events"), deployed.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["registrar"], "detail-type": ["UserChanged"], "detail": {"user_id": [name]}}
    events.put_rule(Name=name, EventBusName=deployed.EventBusName, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=deployed.EventBusName, Targets=[{"Id": "queue", "Arn": arn}])
    before = client.stats(1)
    client.create({"username": name}, name, change_id=f"{name}-1")
    client.update(name, {"email": f"{name}@example.com"}, change_id=f"{name}-2")
    with pytest.raises(VersionConflict):
        client.update(name, {"email": None}, expected_version=1, change_id=f"{name}-3")
    told: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + 60
    while len(told) < 3 and time.monotonic() < deadline:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            body = json.loads(message["Body"])
            told.setdefault(body["detail"]["change_id"], body["detail"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert {
        change_id: (d["outcome"], d["version"], d["changed"], d["codes"]) for change_id, d in told.items()
    } == {
        f"{name}-1": ("APPLIED", 1, ["status", "username"], []),
        f"{name}-2": ("APPLIED", 2, ["email"], []),
        f"{name}-3": ("REJECTED", 2, [], ["version_conflict"]),
    }
    assert f"{name}@example.com" not in json.dumps(told)

    def rejected_updates(stats: Any) -> int:
        return sum(
            row.changes for row in stats.changes if (row.action, row.outcome) == ("update", "REJECTED")
        )

    while rejected_updates(client.stats(1)) == rejected_updates(before):
        assert time.monotonic() < deadline
        time.sleep(0.2)
