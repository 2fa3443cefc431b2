"""Requests to the API as bytes: one for each thing that can be asked, and mutations of them."""

import random
from dataclasses import dataclass, replace
from typing import Final

from tests.fuzz.mutation import HEADER_VALUES, JSON_VALUES, URL_VALUES, mutation

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class RawRequest:
    """An HTTP request, byte by byte."""

    method: bytes
    target: bytes
    headers: Headers = ()
    body: bytes = b""


ATTRIBUTES: Final = (
    b'{"username": "fay", "email": "fay@example.com", "display_name": "Fay \\u00e9", "status": "active",'
    b' "tags": {"team": "navy"}}'
)
JSON: Final = (b"Content-Type", b"application/json")
PATCH: Final = (b"Content-Type", b"application/merge-patch+json; charset=utf-8")
KEY: Final = b"Idempotency-Key"
SINCE: Final = b"updated_after=2026-01-31T12:00:00.5%2B01:00"
SAMPLES: Final = (
    RawRequest(
        b"POST",
        b"/changes",
        (JSON, (KEY, b"fuzz-4711")),
        b'{"action": "create", "user_id": "u-fay", "attributes": ' + ATTRIBUTES + b', "reason": "why"}',
    ),
    RawRequest(
        b"POST",
        b"/changes",
        (JSON, (b"If-Match", b'"3"')),
        b'{"change_id": "c-1", "action": "update", "user_id": "u-1", "expected_version": 3,'
        b' "attributes": {"tags": {"a": null}}}',
    ),
    RawRequest(
        b"POST", b"/users", (JSON, (b"Prefer", b"respond-async")), b'{"attributes": ' + ATTRIBUTES + b"}"
    ),
    RawRequest(b"POST", b"/users", (JSON, (KEY, b'"k-1"')), b'{"change_id": "k-1", "attributes": {}}'),
    RawRequest(
        b"PATCH",
        b"/users/u-fay",
        (PATCH, (b"If-Match", b'"1", "2"')),
        b'{"attributes": {"display_name": null}, "expected_version": 1}',
    ),
    RawRequest(b"DELETE", b"/users/u-fay?reason=ticket%204711", ((b"If-Match", b'W/"1"'),)),
    RawRequest(b"GET", b"/users/u-fay"),
    RawRequest(b"HEAD", b"/users/u-fay"),
    RawRequest(b"GET", b"/users?email=fay%40example.com"),
    RawRequest(b"GET", b"/users?status=active&" + SINCE + b"&limit=10&cursor=eyJvZiI6InVzZXJzIn0"),
    RawRequest(b"GET", b"/users/u-fay/history?limit=5&cursor=eyJvZiI6Imhpc3RvcnkifQ"),
    RawRequest(b"GET", b"/changes/fuzz-4711"),
    RawRequest(b"POST", b"/uploads", (JSON,), b'{"format": "csv", "bytes": 100}'),
    RawRequest(
        b"POST",
        b"/imports",
        (JSON, (KEY, b"i-1")),
        b'{"source": {"key": "uploads/none.csv"}, "columns": {"Mail": "email"}, "fail_fast": 1}',
    ),
    RawRequest(b"GET", b"/imports/i-1"),
    RawRequest(b"GET", b"/stats?days=7"),
)
_TARGETS: Final = [sample.target for sample in SAMPLES]
_BODIES: Final = [sample.body for sample in SAMPLES if sample.body]
_VALUES: Final = [value for sample in SAMPLES for _, value in sample.headers]


def mutated_request(seed: int) -> RawRequest:
    """Return the request of a seed: a sample with one part of it mutated, at times another one as well."""
    rng = random.Random(seed)
    request = rng.choice(SAMPLES)
    for _ in range(rng.choice((1, 1, 1, 2))):
        part = rng.choice(("target", "target", "headers", "body", "body", "body", "body", "method"))
        if part == "headers":
            request = replace(request, headers=_mutated_headers(request.headers, rng))
        elif part == "method":
            request = replace(request, method=rng.choice([sample.method for sample in SAMPLES]))
        elif part == "body" and request.body:
            request = replace(request, body=mutation(request.body, _BODIES, JSON_VALUES, rng))
        else:
            # What is spliced into a path is hardly ever one that is there.
            request = replace(request, target=mutation(request.target, _TARGETS, URL_VALUES, rng, 0.9))
    return request


def _mutated_headers(headers: Headers, rng: random.Random) -> Headers:
    names = (b"Content-Type", KEY, b"If-Match", b"Prefer", b"Accept", b"If-None-Match")
    name, value = rng.choice([*headers, (rng.choice(names), rng.choice(_VALUES))])
    changed = (
        rng.choice(HEADER_VALUES) if rng.random() < 0.5 else mutation(value, _VALUES, HEADER_VALUES, rng)
    )
    return (*(pair for pair in headers if pair[0] != name), (name, changed))
