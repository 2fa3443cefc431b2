"""The API's function under thousands of mutated requests, over a machine that only knows its rules."""

import importlib
import json
import os
from base64 import b64encode
from collections import Counter
from typing import Any
from urllib.parse import unquote_to_bytes

from botocore.exceptions import ClientError

from registrar.adapters.dynamodb import item_of
from registrar.domain.errors import ChangeRejected
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import identify
from tests.fuzz.mutation import FIRST_SEED
from tests.fuzz.raw_requests import RawRequest, mutated_request

EVENTS = int(os.environ.get("FUZZ_EVENTS", "20000"))
INPUT_BYTES_MAX = 262_144
"""https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
CONTEXT: dict[str, Any] = {
    "stage": "$default",
    "authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/ada"}},
}


def test_no_bytes_make_the_function_fail(ask, states, monkeypatch):
    monkeypatch.setattr(type(states), "start_sync_execution", execute)
    monkeypatch.setattr(type(states), "start_execution", start)
    handler = importlib.import_module("registrar.api.app").handler
    statuses: Counter[int] = Counter()
    for seed in range(FIRST_SEED, FIRST_SEED + EVENTS):
        request = mutated_request(seed)
        answered = handler(event_of(request), None)
        assert answered["statusCode"] < 500, f"FUZZ_SEED={seed}: {request} was answered {answered}"
        if answered.get("body"):
            json.loads(answered["body"], parse_constant=lambda name: 1 / 0).keys()
        statuses[answered["statusCode"]] += 1
    assert {200, 201, 202, 400, 404, 405, 413, 415} <= statuses.keys(), statuses


def event_of(request: RawRequest) -> dict[str, Any]:
    """Return a request as API Gateway hands it on; a body that is no text comes as base64."""
    path, _, query = request.target.partition(b"?")
    event = {
        "version": "2.0",
        "rawPath": unquote_to_bytes(path).decode("utf-8", "replace"),
        "rawQueryString": query.decode("latin-1"),
        "headers": {name.decode().lower(): value.decode("latin-1") for name, value in request.headers},
        "requestContext": {
            **CONTEXT,
            "http": {"method": request.method.decode(), "path": path.decode("latin-1")},
        },
        "isBase64Encoded": False,
    }
    if request.body:
        try:
            event["body"] = request.body.decode()
        except UnicodeDecodeError:
            event |= {"body": b64encode(request.body).decode(), "isBase64Encoded": True}
    return event


def execute(_states: Any, **call: Any) -> dict[str, Any]:
    """Validate as the machine does, and record a rejection as far as that asks no table."""
    start(_states, **call)
    # As Lambda's runtime reads it.
    identified = identify(json.loads(call["input"]), call["name"])
    if identified.change is not None:
        output = {
            "change_id": identified.change_id,
            "outcome": "APPLIED",
            "user_id": identified.user_id,
            "version": 1,
            "errors": [],
            "record_hash": "0" * 64,
            "replayed": False,
        }
    else:
        rejected = ChangeRejected(identified.problems)
        record = seal_rejection(identified, rejected, "2030-01-31T12:00:00.000000Z", "0" * 32)
        json.dumps(item_of(record.as_json())).encode()
        output = record.answer(replayed=False)
    return {"status": "SUCCEEDED", "output": json.dumps(output)}


def start(_states: Any, **call: Any) -> None:
    if len(call["input"].encode()) > INPUT_BYTES_MAX:
        raise ClientError({"Error": {"Code": "ValidationException"}}, "StartExecution")
