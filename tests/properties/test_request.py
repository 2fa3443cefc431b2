"""Promises of ``identify``: it takes any JSON, names what is wrong and where, and repeats no value."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from registrar.domain import limits
from registrar.domain.request import identify
from tests.properties.strategies import JSON, mutated_requests, places, requests

ANY_REQUEST = st.one_of(JSON, mutated_requests())
SURROGATES = st.text(st.characters(categories=["Cs", "L"]), max_size=3)
MARK = "7QQ7"
"""Fits every pattern of a request and stands in no message of ours."""


@given(ANY_REQUEST)
def test_any_json_is_either_a_change_or_has_problems(request: Any):
    found = identify(request, "execution-1")
    assert (found.change is None) == bool(found.problems)
    assert found.change_id
    assert all(problem.code and problem.message for problem in found.problems)
    if found.change is not None:
        assert type(found.change).from_json(json.loads(json.dumps(found.change.as_json()))) == found.change


@given(st.recursive(SURROGATES | st.floats(), lambda inner: st.dictionaries(SURROGATES, inner, max_size=3)))
def test_what_is_hardly_json_is_refused_like_the_rest(request: Any):
    attributes = {"tags": request if isinstance(request, dict) and request else {"": request}}
    for value in (request, {"actor": request}, {"action": "update", "attributes": attributes}):
        assert identify(value, "execution-1").problems


@given(requests())
def test_a_valid_request_becomes_the_change_that_it_says(request: dict[str, Any]):
    change = identify(request, "execution-1").change
    assert change is not None
    assert change.change_id == request.get("change_id", "execution-1")
    assert (change.action, change.user_id) == (request["action"], request["user_id"])
    assert change.actor == without_null(request["actor"])
    assert change.attributes == request.get("attributes", {})
    assert (change.expected_version, change.reason) == (
        request.get("expected_version"),
        request.get("reason"),
    )


def without_null(value: Any) -> Any:
    """Return an actor as records hold it; any other value as it is."""
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if inner is not None}


@given(mutated_requests(), st.randoms(use_true_random=False), JSON)
def test_the_hash_follows_neither_key_order_nor_change_id(request: dict[str, Any], random: Any, other: Any):
    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        names = list(value)
        random.shuffle(names)
        return {name: shuffled(value[name]) for name in names}

    expected = identify(request, "execution-1").request_hash
    assert identify({**shuffled(request), "change_id": other}, "execution-2").request_hash == expected
    assert identify({**request, "user_id": f"{request.get('user_id')}x"}, "e").request_hash != expected


@given(ANY_REQUEST)
def test_every_path_leads_to_what_is_wrong(request: Any):
    for problem in identify(request, "execution-1").problems:
        if problem.path.endswith("…"):
            continue
        place: Any = request
        *parents, last = [""] + [
            part.replace("~1", "/").replace("~0", "~") for part in problem.path.split("/")[1:]
        ]
        for parent in parents[1:]:
            place = place[parent]
        assert last == "" or last in place or problem.code == "required", problem


@given(mutated_requests())
def test_what_is_recorded_of_an_invalid_request_is_valid_by_itself(request: dict[str, Any]):
    found = identify(request, "execution-1")
    usable = {
        "change_id": found.change_id,
        "user_id": found.user_id or "u-1",
        "action": found.action or "update",
        "actor": found.actor or {"id": "admin-7", "type": "user"},
        "reason": found.reason,
    }
    attributes = {} if usable["action"] == "delete" else {"attributes": {}}
    assert not identify({**usable, **attributes}, "execution-1").problems
    at_fault = {problem.path.split("/")[1] for problem in found.problems if problem.path}
    for name in ("user_id", "action", "actor", "reason"):
        assert getattr(found, name) == (None if name in at_fault else without_null(request.get(name)))


@given(mutated_requests(), st.integers(1, 4))
def test_problems_never_repeat_the_values_of_a_request(request: dict[str, Any], kinds: int):
    for place, name in list(places(request)):
        if isinstance(place[name], str):
            place[name] = place[name] + MARK * kinds
        elif type(place[name]) in (int, float):
            place[name] = -7117_7117
    for problem in identify(request, "execution-1").problems:
        assert MARK not in problem.message + problem.path + problem.code
        assert "71177117" not in problem.message + problem.path


@settings(max_examples=20)
@given(st.integers(0, 3_000), st.text(max_size=200), JSON)
def test_however_many_problems_stay_small_enough_to_record(count: int, name: str, value: Any):
    attributes = {f"{name}{number}": value for number in range(count)}
    problems = identify({"attributes": attributes, "actor": 7, "reason": ""}, "execution-1").problems
    text = json.dumps([problem.as_json() for problem in problems])
    assert len(text) < limits.PROBLEMS_MAX_BYTES + 1_000
    left_out = [problem for problem in problems if problem.code == "more_problems"]
    listed = len(problems) - len(left_out)
    counted = int(left_out[0].message.split()[0]) if left_out else 0
    assert listed + counted == len(attributes) + 4  # and action, user_id, actor, reason


@settings(max_examples=30)
@given(st.integers(60, 150), JSON, JSON)
def test_fields_whose_problems_are_not_listed_are_still_not_recorded(count: int, actor: Any, reason: Any):
    request = {
        "action": "update",
        "user_id": "u-1",
        "attributes": {f"x{number}": 1 for number in range(count)},
        "actor": actor,
        "reason": reason,
    }
    found = identify(request, "execution-1")
    alone = identify({**request, "attributes": {}}, "execution-1")
    assert (found.actor, found.reason) == (alone.actor, alone.reason)
