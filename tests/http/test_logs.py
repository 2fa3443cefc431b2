"""What is said of people where others read it: nothing in any log, nothing internal in any error."""

import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from local.deploy import Outputs
from registrar_client import ImportOptions, RegistrarClient, SigV4

AUTH = SigV4(boto3.Session("test", "test").get_credentials(), "us-east-1")
INTERNAL = ("Traceback", 'File "', "arn:aws", "Registrar-", "dynamodb", "botocore", "pydantic", "lambdas/")


@pytest.fixture(scope="module")
def person() -> str:
    """A name that stands nowhere else."""
    return f"ada{uuid.uuid4().hex}"


def requests_about(person: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Everything that can be asked, with a person's data in every place, most of it wrong."""
    mail, user = f"{person}@example.com", f"/users/u-{uuid.uuid4().hex[:8]}"
    names = {"username": person, "email": mail, "display_name": person, "tags": {"who": person}}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    return [
        ("POST", "/users", {"json": {"attributes": names, "reason": person}, "headers": key}),
        ("POST", "/users", {"json": {"attributes": {"username": f"{person}2"}}, "headers": key}),
        ("POST", "/users", {"json": {"attributes": names}}),
        ("POST", "/users", {"json": {"attributes": {**names, person: person, "email": f"{person} no"}}}),
        ("POST", "/changes", {"content": f'{{"{person}": ', "headers": {"Content-Type": "application/json"}}),
        ("POST", "/changes", {"json": {"action": person, "attributes": person, person: [person]}}),
        ("POST", "/changes", {"json": {"actor": {"id": person, "type": "user"}}}),
        ("POST", "/changes", {"content": person, "headers": {"Content-Type": "text/plain"}}),
        ("PATCH", user, {"json": {"attributes": names}}),
        ("DELETE", user, {"params": {"reason": person}, "headers": {"If-Match": f'"{person}"'}}),
        ("GET", "/users", {"params": {"email": mail}}),
        ("GET", "/users", {"params": {"username": person, "email": mail, person: person}}),
        ("GET", "/users", {"params": {"status": person, "cursor": person}}),
        ("GET", f"/users/{person}%20{mail}", {}),
        ("GET", f"/{person}", {}),
        ("PUT", "/users", {"json": names}),
    ]


def test_no_error_tells_of_the_inside_and_no_log_tells_of_a_person(deployed: Outputs, person: str):
    statuses = set()
    with httpx.Client(base_url=deployed.ApiUrl, auth=AUTH, timeout=30) as http:
        for method, path, sent in requests_about(person):
            answer = http.request(method, path, **sent)
            statuses.add(answer.status_code)
            if answer.is_error:
                assert answer.headers["Content-Type"] == "application/problem+json", (method, path)
                assert not [word for word in INTERNAL if word in answer.text], (method, path, answer.text)
    assert statuses == {200, 201, 400, 404, 405, 409, 412, 415}
    # An execution by itself, too, of a request that is wrong through and through.
    states = deployed.client("stepfunctions")
    done = states.start_sync_execution(
        stateMachineArn=deployed.UserChangeExpressStateMachineArn,
        input=json.dumps({"user_id": "u 1", person: person, "attributes": {person: f"{person}@example.com"}}),
    )
    assert json.loads(done["output"])["outcome"] == "REJECTED"
    import_a_file_about(person, deployed)
    lines = logged(deployed)
    assert sum(map(len, lines.values())) > len(requests_about(person))
    assert {group for group, texts in lines.items() for text in texts if person in text.lower()} == set()


def import_a_file_about(person: str, deployed: Outputs) -> None:
    """Import a file with a person's data in every cell, then one that is refused for its header."""
    cells = f"u-{uuid.uuid4().hex[:8]},{person}3,{person}3@example.com,{person}"
    wrong = f"{person} no,{person},{person} no,{person}"
    with RegistrarClient(deployed.ApiUrl, AUTH) as client:
        for content in (
            f"user_id,username,email,reason\n{cells}\n{wrong}\n{person}\n",
            f"user_id,{person}\n",
        ):
            file = Path(tempfile.mkdtemp()) / f"{person}.csv"
            file.write_text(content)
            *_, done = client.follow_import(client.start_import(ImportOptions(key=client.upload(file))))
            assert done.status in ("SUCCEEDED", "REFUSED")


def logged(deployed: Outputs) -> dict[str, list[str]]:
    """Return every line of every log group."""
    logs = deployed.client("logs")
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    ]
    return {
        group: [
            event["message"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        ]
        for group in groups
    }
