"""The published schema refuses nothing that the model takes and misses only the rules that it names."""

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from registrar.domain.errors import Problem
from registrar.domain.request import identify
from tests.properties.strategies import JSON, mutated_requests, requests
from tools.schema import MODEL_ONLY, change_request


def ecma_pattern(
    _validator: Any, pattern: str, instance: Any, _schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """Match as JSON Schema says (ECMA-262), where ``$`` is the very end; Python's lets a line feed follow."""
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError("pattern")


SCHEMA = extend(Draft202012Validator, {"pattern": ecma_pattern})(change_request())
START = {"action": "update", "user_id": "u-1", "actor": {"id": "a", "type": "user"}}
BEYOND = [
    ("bad_format", "must not hold control"),
    ("bad_format", "is not valid Unicode"),
    ("too_long", "in its normal form"),
    ("bad_format", "in its normal form"),
    ("wrong_type", "must be an integer"),
]
"""What the model reports for the rules of MODEL_ONLY; some have two messages."""


def is_beyond_the_schema(problem: Problem) -> bool:
    return any(problem.code == code and text in problem.message for code, text in BEYOND)


@given(st.one_of(requests(), mutated_requests(), JSON))
@example({**START, "user_id": "u-1\n", "attributes": {}})
@example(START)
@example({**START, "attributes": None})
@example({**START, "action": "delete", "attributes": {"email": None}})
@example({**START, "attributes": {"tags": {"no key": "x"}}})
@example({**START, "attributes": {"display_name": "a "}})
@example({**START, "attributes": {"tags": {"a": " "}}})
@example({**START, "attributes": {"status": None}})
def test_schema_and_model_give_the_same_verdict_but_for_the_named_rules(request: Any):
    problems = identify(request, "execution-1").problems
    if SCHEMA.is_valid(request):
        assert all(is_beyond_the_schema(problem) for problem in problems), problems
    else:
        assert problems


@given(requests())
def test_the_schema_takes_every_valid_request(request: dict[str, Any]):
    assert SCHEMA.is_valid(request)


def test_each_rule_that_only_the_model_knows_is_one():
    refused_for = [
        (0, {"attributes": {"display_name": "a\x00b"}}, BEYOND[0]),
        (0, {"attributes": {"display_name": "a\ud800b"}}, BEYOND[1]),
        (1, {"attributes": {"display_name": "a\u200bb"}}, BEYOND[0]),
        (1, {"attributes": {"username": "a\U000e0100"}}, BEYOND[0]),
        (2, {"attributes": {"username": "ﷺ" * 20}}, BEYOND[2]),
        (2, {"attributes": {"email": "a\uff20b@c"}}, BEYOND[3]),
        (3, {"attributes": {}, "expected_version": 3.0}, BEYOND[4]),
    ]
    assert {rule for rule, *_ in refused_for} == set(range(len(MODEL_ONLY)))
    for _, part, (code, text) in refused_for:
        assert SCHEMA.is_valid({**START, **part})
        (problem,) = identify({**START, **part}, "execution-1").problems
        assert problem.code == code
        assert text in problem.message
