import json

import pytest

from registrar.domain import limits
from registrar.domain.change import Action, Change
from registrar.domain.request import identify

ACTOR = {"id": "admin-7", "type": "user"}
UPDATE = {"change_id": "c-1", "action": "update", "user_id": "u-1", "attributes": {}, "actor": ACTOR}


def problems_of(request) -> list[tuple[str, str]]:
    found = identify(request, "execution-1")
    assert found.change is None
    return [(problem.code, problem.path) for problem in found.problems]


def with_(**parts):
    return {**UPDATE, **parts}


def attributes(**parts):
    return {**UPDATE, "attributes": parts}


def nested(depth: int, *, as_list: bool):
    value = None
    for _ in range(depth):
        value = [value] if as_list else {"a": value}
    return value


def test_a_valid_request_becomes_a_change():
    request = with_(attributes={"email": "Ada@x", "tags": {"a": None}}, expected_version=3, reason="ticket 1")
    found = identify(request, "execution-1")
    assert found.problems == ()
    assert found.change == Change(
        "c-1",
        Action.UPDATE,
        "u-1",
        {"email": "Ada@x", "tags": {"a": None}},
        3,
        ACTOR,
        "ticket 1",
        found.request_hash,
    )


@pytest.mark.parametrize("name", ["it's-1", "tïcket-1", "..", ".", "a b", "x" * 81, "\ud800"])
def test_a_name_that_is_no_change_id_gives_one_that_is_and_always_the_same(name):
    request = {field: value for field, value in UPDATE.items() if field != "change_id"}
    found = identify(request, name)
    assert limits.is_change_id(found.change_id)
    assert found.change.change_id == found.change_id == identify({}, name).change_id
    assert found.change_id != identify(request, f"{name}x").change_id


@pytest.mark.parametrize("user_id", [".", ".."])
def test_no_user_is_created_that_no_path_can_name_and_one_that_is_there_can_be_deleted(user_id):
    assert problems_of(with_(user_id=user_id, action="create")) == [("bad_format", "/user_id")]
    deleted = {"change_id": "c-1", "action": "delete", "user_id": user_id, "actor": ACTOR}
    assert identify(deleted, "execution-1").change.user_id == user_id
    assert problems_of(with_(change_id=user_id)) == [("bad_format", "/change_id")]


def test_every_pattern_of_the_contract_has_its_words():
    patterns = {name: pattern for name, pattern in vars(limits).items() if name.endswith("_PATTERN")}
    assert set(patterns.values()) - {limits.REACHABLE_CHANGE_ID_PATTERN} == set(limits.WORDS)


def test_a_pattern_mismatch_is_described_in_words():
    request = with_(
        user_id="#",
        change_id="#",
        actor={"id": " ", "type": "X"},
        attributes={"email": "x", "tags": {"#": "x"}},
    )
    problems = identify(request, "execution-1").problems
    assert len(problems) == 6
    assert [problem for problem in problems if set("^$[\\") & set(problem.message)] == []


@pytest.mark.parametrize("request_", [None, True, 7, 1.5, "text", "", [], [UPDATE]])
def test_what_is_not_an_object_is_one_problem_of_the_whole(request_):
    assert problems_of(request_) == [("wrong_type", "")]
    assert identify(request_, "execution-1").change_id == "execution-1"


def test_an_empty_request_lacks_what_every_change_needs():
    assert problems_of({}) == [("required", "/action"), ("required", "/user_id"), ("required", "/actor")]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        # Fields
        (with_(colour="blue"), [("unknown_field", "/colour")]),
        (with_(__proto__={"admin": True}), [("unknown_field", "/__proto__")]),
        (attributes(__proto__={}, constructor=1), [
            ("unknown_field", "/attributes/__proto__"), ("unknown_field", "/attributes/constructor")]),
        (with_(**{"a/b~c": 1, "": 2}), [("unknown_field", "/a~1b~0c"), ("unknown_field", "/")]),
        (with_(**{"[key]": 1}), [("unknown_field", "/[key]")]),
        (with_(actor={**ACTOR, "name": "Ada"}), [("unknown_field", "/actor/name")]),
        (with_(actor={}), [("required", "/actor/id"), ("required", "/actor/type")]),
        (with_(actor={**ACTOR, "session": "a"}), [("bad_format", "/actor/session")]),
        (with_(actor={**ACTOR, "session": "a" * 65}), [("bad_format", "/actor/session")]),
        (with_(actor={**ACTOR, "session": "zo\u00e9"}), [("bad_format", "/actor/session")]),
        (with_(actor={**ACTOR, "session": "a/b"}), [("bad_format", "/actor/session")]),
        (with_(actor={**ACTOR, "session": 7}), [("wrong_type", "/actor/session")]),
        # Types
        (with_(user_id=1, actor="admin", reason=[]), [
            ("wrong_type", "/user_id"), ("wrong_type", "/actor"), ("wrong_type", "/reason")]),
        (with_(attributes=[]), [("wrong_type", "/attributes")]),
        (with_(user_id=None, actor=None), [("wrong_type", "/user_id"), ("wrong_type", "/actor")]),
        (attributes(email=7, tags=["a"], display_name={}), [
            ("wrong_type", "/attributes/email"), ("wrong_type", "/attributes/display_name"),
            ("wrong_type", "/attributes/tags")]),
        (attributes(tags={"a": 1, "b": {}}), [
            ("wrong_type", "/attributes/tags/a"), ("wrong_type", "/attributes/tags/b")]),
        # Versions
        (with_(expected_version=True), [("wrong_type", "/expected_version")]),
        (with_(expected_version="3"), [("wrong_type", "/expected_version")]),
        (with_(expected_version=3.0), [("wrong_type", "/expected_version")]),
        (with_(expected_version=float("nan")), [("wrong_type", "/expected_version")]),
        (with_(expected_version=float("inf")), [("wrong_type", "/expected_version")]),
        (with_(expected_version=-1), [("out_of_range", "/expected_version")]),
        (with_(expected_version=limits.VERSION_MAX + 1), [("out_of_range", "/expected_version")]),
        (with_(expected_version=10**4000), [("out_of_range", "/expected_version")]),
        # Choices
        (with_(action="Create"), [("not_allowed", "/action")]),
        (with_(action=["create"]), [("not_allowed", "/action")]),
        (attributes(status="deleted"), [("not_allowed", "/attributes/status")]),
        (attributes(status=None), [("not_allowed", "/attributes/status")]),
        # Empty
        (with_(change_id="", user_id="", reason="", actor={"id": "", "type": ""}), [
            ("bad_format", "/change_id"), ("bad_format", "/user_id"), ("bad_format", "/actor/id"),
            ("bad_format", "/actor/type"), ("too_short", "/reason")]),
        (attributes(username="", email="", display_name="", tags={"": ""}), [
            ("too_short", "/attributes/username"), ("too_short", "/attributes/email"),
            ("too_short", "/attributes/display_name"), ("bad_format", "/attributes/tags/")]),
        # White space
        (attributes(username=" ", email="\t", display_name="  ", tags={" ": " "}), [
            ("bad_format", "/attributes/username"), ("bad_format", "/attributes/email"),
            ("bad_format", "/attributes/display_name"), ("bad_format", "/attributes/tags/ "),
            ("bad_format", "/attributes/tags/ ")]),
        (attributes(username="a b", email="a b@x", display_name=" a", tags={"a b": "b\u3000"}), [
            ("bad_format", "/attributes/username"), ("bad_format", "/attributes/email"),
            ("bad_format", "/attributes/display_name"), ("bad_format", "/attributes/tags/a b"),
            ("bad_format", "/attributes/tags/a b")]),
        (with_(user_id="u-1\n", change_id="c\n"), [("bad_format", "/change_id"), ("bad_format", "/user_id")]),
        # Form
        (with_(user_id="a#b", change_id="a/b"), [("bad_format", "/change_id"), ("bad_format", "/user_id")]),
        (attributes(email="not an address"), [("bad_format", "/attributes/email")]),
        (attributes(email="a@b@c"), [("bad_format", "/attributes/email")]),
        # Characters that cannot be seen
        (attributes(username="a\u200bb"), [("bad_format", "/attributes/username")]),
        (attributes(username="a\u202eb"), [("bad_format", "/attributes/username")]),
        (attributes(email="a@\x00b"), [("bad_format", "/attributes/email")]),
        (attributes(display_name="a\ue000"), [("bad_format", "/attributes/display_name")]),
        (with_(reason="line\nline"), [("bad_format", "/reason")]),
        (attributes(tags={"a": "\u2028"}), [("bad_format", "/attributes/tags/a")]),
        # Lone surrogates, as values and as names of fields
        (with_(user_id="\ud800", reason="\udfff"), [("bad_format", "/user_id"), ("bad_format", "/reason")]),
        (attributes(email="a@\ud800", tags={"a": "\ud800"}), [
            ("bad_format", "/attributes/email"), ("bad_format", "/attributes/tags/a")]),
        (with_(**{"\ud800": 1}, reason=""), [("too_short", "/reason"), ("unknown_field", "/?")]),
        (attributes(tags={"\ud800": 1}), [
            ("bad_format", "/attributes/tags/?"), ("wrong_type", "/attributes/tags/?")]),
        # Length
        (attributes(email="a" * 9_990 + "@example.x"), [("too_long", "/attributes/email")]),
        (attributes(username="a" * 65), [("too_long", "/attributes/username")]),
        (attributes(username="\ufdfa" * 4), [("too_long", "/attributes/username")]),  # 72 in normal form
        (attributes(display_name="a" * 129, tags={"a": "b" * 257}), [
            ("too_long", "/attributes/display_name"), ("too_long", "/attributes/tags/a")]),
        (attributes(tags={f"t{number}": "x" for number in range(21)}), [("too_long", "/attributes/tags")]),
        (with_(change_id="c" * 81, user_id="u" * 129, reason="r" * 257), [
            ("bad_format", "/change_id"), ("bad_format", "/user_id"), ("too_long", "/reason")]),
        # What an action needs
        ({**UPDATE, "attributes": None}, [("required", "/attributes")]),
        ({**UPDATE, "action": "delete", "attributes": {"email": None}}, [("not_allowed", "/attributes")]),
        ({"action": "create", "user_id": "", "actor": ACTOR}, [
            ("bad_format", "/user_id"), ("required", "/attributes")]),
        ({**UPDATE, "action": "delete", "attributes": {"zip": 1}}, [
            ("unknown_field", "/attributes/zip"), ("not_allowed", "/attributes")]),
    ],
)  # fmt: skip
def test_every_problem_is_named_with_its_code_and_path(request_, expected):
    assert problems_of(request_) == expected


def test_the_longest_of_everything_is_fine():
    request = {
        "change_id": "c" * 80,
        "action": "create",
        "user_id": "u" * 128,
        "attributes": {
            "username": "\U0001f600" * limits.USERNAME_MAX,
            "email": "a" * 250 + "@x.y",
            "display_name": "Д" * limits.DISPLAY_NAME_MAX,
            "tags": {f"{number:064}": "x" * limits.TAG_VALUE_MAX for number in range(limits.TAGS_MAX)},
        },
        "expected_version": limits.VERSION_MAX,
        "actor": {"id": "a" * 128, "type": "a" * 32},
        "reason": "r" * limits.REASON_MAX,
    }
    assert identify(request, "execution-1").problems == ()


@pytest.mark.parametrize("action", ["create", "update", "delete"])
def test_null_is_the_same_as_left_out(action):
    request = {"action": action, "user_id": "u-1", "actor": ACTOR, "reason": None, "expected_version": None}
    attributes_ = {"attributes": None} if action == "delete" else {"attributes": {}}
    change = identify({**request, "change_id": None, **attributes_}, "execution-1").change
    assert change is not None
    assert (change.change_id, change.reason, change.expected_version) == ("execution-1", None, None)
    assert change.attributes == {}


@pytest.mark.parametrize("as_list", [True, False])
@pytest.mark.parametrize("depth", [limits.DEPTH_MAX, 990, 100_000])
def test_no_nesting_is_too_deep_to_be_refused(depth, as_list):
    deep = nested(depth, as_list=as_list)
    assert problems_of(with_(x=deep)) == [("unknown_field", "/x")]
    assert problems_of(attributes(email=deep)) == [("wrong_type", "/attributes/email")]
    assert problems_of(deep)


def test_300_kilobytes_of_problems_are_listed_as_far_as_they_fit_and_the_rest_is_counted():
    request = with_(attributes={f"field{number:05}": "x" * 10 for number in range(10_000)})
    found = identify(request, "execution-1").problems
    *listed, last = found
    assert (last.code, last.path) == ("more_problems", "")
    assert last.message == f"{10_000 - len(listed)} more problems are not listed; mend these first"
    assert [problem.path for problem in listed[:2]] == ["/attributes/field00000", "/attributes/field00001"]
    text = json.dumps([problem.as_json() for problem in found])
    assert limits.PROBLEMS_MAX_BYTES * 0.9 < len(text) < limits.PROBLEMS_MAX_BYTES * 1.1


def test_what_goes_unlisted_is_not_taken_for_valid():
    noise = {f"field{number:05}": 1 for number in range(1_000)}
    found = identify(with_(attributes=noise, actor={"id": 1.5}, reason="\n"), "execution-1")
    assert (found.user_id, found.action, found.actor, found.reason) == ("u-1", "update", None, None)


def test_a_long_path_is_cut():
    (problem,) = identify(with_(**{"é" * 300_000: 1}), "execution-1").problems
    assert problem.path == "/" + "é" * (limits.PATH_MAX - 2) + "…"


@pytest.mark.parametrize("change_id", ["", "a b", "é", "c" * 81, 7, None, {}])
def test_the_executions_name_stands_in_for_a_change_id_that_is_no_use(change_id):
    assert identify(with_(change_id=change_id), "execution-1").change_id == "execution-1"


SESSION = {**ACTOR, "session": "a1+=,.@-_"}


def test_a_session_is_the_actor_s_and_no_part_of_what_makes_two_requests_the_same():
    with_session = identify(with_(actor=SESSION), "e")
    assert with_session.actor == with_session.change.actor == SESSION
    others = [with_(actor={**ACTOR, "session": session}) for session in ("task-2", None)]
    assert {identify(other, "e").request_hash for other in [UPDATE, *others]} == {with_session.request_hash}
    for name in ("id", "type"):
        assert identify(with_(actor={**SESSION, name: "b"}), "e").request_hash != with_session.request_hash
    # Elsewhere the word means nothing.
    assert identify(with_(session="x"), "e").request_hash != with_session.request_hash


@pytest.mark.parametrize("fault", [{}, {"colour": 1}])
def test_an_actor_without_a_session_is_recorded_without_the_field(fault):
    assert identify(with_(actor={**ACTOR, "session": None}, **fault), "e").actor == ACTOR
    assert identify(with_(actor=SESSION, **fault), "e").actor == SESSION


def test_the_request_hash_leaves_out_the_change_id_and_nothing_else():
    first = identify(UPDATE, "execution-1").request_hash
    assert identify(with_(change_id="c-2"), "execution-2").request_hash == first
    assert identify({k: v for k, v in UPDATE.items() if k != "change_id"}, "e").request_hash == first
    others = [with_(user_id="u-2"), with_(reason=None), with_(attributes={"email": None}), None, [], {}]
    assert len({first, *(identify(other, "e").request_hash for other in others)}) == 1 + len(others)
    # SHA-256 of {"action":"update","actor":{"id":"admin-7","type":"user"},"attributes":{},"user_id":"u-1"}
    assert first == "3873e12d10b7a9d2f9dffb682710db0c72bd54c0bff2f129e84458dc439a259d"
