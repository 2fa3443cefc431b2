"""The API under requests whose bytes were mutated: whatever comes, it is answered, and nothing fails."""

import os
import socket
from collections import Counter
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from local.deploy import Outputs
from tests.fuzz.mutation import FIRST_SEED
from tests.fuzz.raw_requests import SAMPLES, RawRequest, mutated_request

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "250"))


@pytest.mark.timeout(REQUESTS + 120)
def test_no_bytes_make_the_api_fail(deployed: Outputs):
    authorization = signature(deployed.ApiUrl)
    statuses: Counter[int] = Counter()
    for request in SAMPLES:
        statuses[send(deployed.ApiUrl, request, authorization)[0]] += 1
    assert {200, 201, 202, 400, 404} <= statuses.keys(), statuses
    for seed in range(FIRST_SEED, FIRST_SEED + REQUESTS):
        request = mutated_request(seed)
        status, answer = send(deployed.ApiUrl, request, authorization)
        assert status < 500, f"FUZZ_SEED={seed}: {request} was answered {status} {answer!r}"
        statuses[status] += 1
    assert faults_logged(deployed) == [], statuses
    assert failed_executions(deployed) == []


def send(url: str, request: RawRequest, authorization: bytes) -> tuple[int, bytes]:
    """Send a request byte by byte as it is; what the gateway answers by closing counts as refused."""
    to = urlsplit(url)
    lines = [request.method + b" " + to.path.encode() + request.target + b" HTTP/1.1"]
    lines += [
        name + b": " + value
        for name, value in (
            (b"Host", to.netloc.encode()),
            (b"Authorization", authorization),
            (b"Content-Length", str(len(request.body)).encode()),
            (b"Connection", b"close"),
            *request.headers,
        )
    ]
    with socket.create_connection((to.hostname, to.port), timeout=60) as connection:
        # The gateway may have answered before it was told everything.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + request.body)
        answer = HTTPResponse(connection, method=request.method.decode("latin-1"))
        try:
            answer.begin()
            return answer.status, answer.read()
        except (HTTPException, ConnectionResetError):
            return 400, b""


def signature(url: str) -> bytes:
    request = AWSRequest("GET", url)
    SigV4Auth(boto3.Session("test", "test").get_credentials(), "execute-api", "us-east-1").add_auth(request)
    return request.headers["Authorization"].encode()


def faults_logged(deployed: Outputs) -> list[str]:
    """Return what the functions' logs say of faults: lines of level ERROR, and tracebacks."""
    logs = deployed.client("logs")
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    ]
    return [
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
        if is_fault(event["message"])
    ]


def is_fault(message: str) -> bool:
    # Lambda logs each error that a function raises; a step says no by raising one of these.
    said_no = any(f'"errorType": "{name}"' in message for name in ("ChangeRejected", "ImportRefused"))
    return not said_no and ('"ERROR"' in message or "Traceback" in message)


def failed_executions(deployed: Outputs) -> list[str]:
    states = deployed.client("stepfunctions")
    return [
        execution["executionArn"]
        for arn in (deployed.UserChangeStateMachineArn, deployed.ImportUsersStateMachineArn)
        for execution in states.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"]
    ]
