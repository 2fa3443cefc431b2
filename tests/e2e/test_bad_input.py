"""Bad input is answered with every problem, and leaves nothing behind but its own record."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

ACTOR = {"id": "admin-7", "type": "user"}
GOOD = {"action": "create", "user_id": "u-bad-input", "attributes": {"username": "somebody"}, "actor": ACTOR}

# A request, and the code and path of each of its problems.
BAD = {
    "null": (None, [("wrong_type", "")]),
    "a list": ([GOOD], [("wrong_type", "")]),
    "a string": ("create", [("wrong_type", "")]),
    "a number": (7, [("wrong_type", "")]),
    "nothing": ({}, [("required", "/action"), ("required", "/user_id"), ("required", "/actor")]),
    "an unknown field": (GOOD | {"colour": "blue"}, [("unknown_field", "/colour")]),
    "a prototype": (
        GOOD | {"__proto__": {"status": "active"}, "attributes": {"__proto__": 1}},
        [("unknown_field", "/attributes/__proto__"), ("unknown_field", "/__proto__")],
    ),
    "wrong types": (
        {
            "action": 1,
            "user_id": ["u"],
            "attributes": "x",
            "expected_version": True,
            "actor": None,
            "reason": {},
        },
        [
            ("not_allowed", "/action"),
            ("wrong_type", "/user_id"),
            ("wrong_type", "/attributes"),
            ("wrong_type", "/expected_version"),
            ("wrong_type", "/actor"),
            ("wrong_type", "/reason"),
        ],
    ),
    "empty strings": (
        GOOD | {"user_id": "", "reason": "", "attributes": {"username": "", "email": "", "display_name": ""}},
        [
            ("bad_format", "/user_id"),
            ("too_short", "/attributes/username"),
            ("too_short", "/attributes/email"),
            ("too_short", "/attributes/display_name"),
            ("too_short", "/reason"),
        ],
    ),
    "white space": (
        GOOD | {"attributes": {"username": "   ", "email": " ", "display_name": "\t"}},
        [
            ("bad_format", "/attributes/username"),
            ("bad_format", "/attributes/email"),
            ("bad_format", "/attributes/display_name"),
        ],
    ),
    "a long address": (
        GOOD | {"attributes": {"email": "a" * 10_000 + "@example.com"}},
        [("too_long", "/attributes/email")],
    ),
    "300 KB": (GOOD | {"reason": "x" * 300_000}, [("too_long", "/reason")]),
    "a lone surrogate": (
        GOOD | {"attributes": {"username": "\ud800"}},
        [("bad_format", "/attributes/username")],
    ),
    "a deleted user's attributes": (GOOD | {"action": "delete"}, [("not_allowed", "/attributes")]),
    "a bad id": (GOOD | {"change_id": "a#b"}, [("bad_format", "/change_id")]),
}


@pytest.mark.parametrize("case", BAD)
def test_every_problem_is_named_and_only_the_rejection_is_recorded(express, case):
    request, expected = BAD[case]
    name = f"bad-{uuid.uuid4().hex}"
    answer = express.execute(request, name)

    assert answer["outcome"] == "REJECTED"
    assert sorted((error["code"], error["path"]) for error in answer["errors"]) == sorted(expected)
    user_id = answer["user_id"] or f"invalid#{name}"
    record = express.trail(user_id)[f"r#{name}"]
    receipt, user, taken = express.users(f"CHANGE#{name}", f"USER#{user_id}", "NAME#username#somebody")
    assert (receipt, user, taken) == ({"pk": f"CHANGE#{name}", **record}, None, None)
    assert record["errors"] == answer["errors"]


# AWS refuses to start on such input; the local engine reads it as an empty object.
@pytest.mark.parametrize("text", ["{", "create", '{"action": "create",}', "{'action': 'create'}"])
def test_what_is_no_json_is_refused_or_rejected(registrar, text):
    try:
        outcome = registrar.execute_text(text)["outcome"]
    except ClientError as refused:
        outcome = refused.response["Error"]["Code"]

    assert outcome in {"InvalidExecutionInput", "REJECTED"}


def test_a_thousand_problems_are_cut_to_what_fits(express):
    request = GOOD | {f"field{number}": number for number in range(1000)}
    answer = express.execute(request)

    assert answer["errors"][-1]["code"] == "more_problems"
    assert len(json.dumps(answer["errors"])) < 16_000


def test_both_machines_reject_what_is_no_object(registrar):
    assert registrar.execute("[1, 2]")["outcome"] == "REJECTED"
