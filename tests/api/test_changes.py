"""What the API makes of a request to change a user, and of the state machine's answer."""

import json
from base64 import b64encode

import pytest

from registrar.domain.change import Outcome
from registrar.domain.record import GENESIS, Record
from registrar.domain.request import identify

CREATE = {"action": "create", "user_id": "u-1", "attributes": {"username": "ada"}}
APPLIED = {"outcome": "APPLIED", "user_id": "u-1", "version": 3}


def rejected(*codes: str) -> dict:
    errors = [{"code": code, "path": "/x", "message": "is not so"} for code in codes]
    return {"outcome": "REJECTED", "errors": errors, "version": 2}


def test_a_field_that_a_later_release_has_added_to_an_answer_is_left_out(ask, states):
    states.answer = {"decided_by": "a later release"}
    answer = ask("POST", "/changes", CREATE)
    assert (answer.status, answer.body["outcome"]) == (201, "APPLIED")
    assert "decided_by" not in answer.body


def test_a_change_is_one_call_to_step_functions_and_nothing_else(ask, states, items):
    answer = ask("POST", "/changes", CREATE, headers={"Idempotency-Key": "c-1"})
    assert (answer.status, answer.body["outcome"]) == (201, "APPLIED")
    assert [operation for operation, _ in states.calls] == ["StartSyncExecution"]
    assert items.calls == []
    ((_, call),) = states.calls
    assert (call["name"], call["stateMachineArn"]) == (
        "c-1",
        "arn:aws:states:us-east-1:123456789012:stateMachine:express",
    )
    actor = {"id": "arn:aws:iam::123456789012:user/ada", "type": "iam"}
    assert states.request == {"change_id": "c-1", **CREATE, "actor": actor}


def test_an_applied_change_tells_version_and_place(ask, states):
    states.answer = APPLIED
    created = ask("POST", "/changes", CREATE)
    assert (created.status, created.headers["ETag"], created.headers["Location"]) == (
        201,
        '"3"',
        "/users/u-1",
    )
    updated = ask("PATCH", "/users/u-1", {"attributes": {"username": "ada"}})
    assert (updated.status, updated.headers["ETag"]) == (200, '"3"')
    assert "Location" not in updated.headers
    assert ask("DELETE", "/users/u-1").status == 200
    assert all(value == "no-store" for name, value in updated.headers.items() if name == "Cache-Control")


@pytest.mark.parametrize(
    ("codes", "status", "kind"),
    [
        (["bad_format"], 400, "invalid_request"),
        (["too_long", "more_problems"], 400, "invalid_request"),
        (["user_not_found"], 404, "user_not_found"),
        (["user_not_found", "version_conflict"], 404, "user_not_found"),
        (["user_exists"], 409, "user_exists"),
        (["user_exists", "version_conflict"], 409, "user_exists"),
        (["version_conflict"], 412, "version_conflict"),
        (["name_taken", "name_taken"], 409, "name_taken"),
        (["change_id_reused"], 409, "change_id_reused"),
        (["change_id_reused", "bad_format"], 409, "change_id_reused"),
        ([], 409, "rejected"),
    ],
)
def test_a_rejected_change_is_a_problem_document_with_its_whole_answer(ask, states, codes, status, kind):
    states.answer = rejected(*codes)
    answer = ask("POST", "/changes", CREATE, headers={"Idempotency-Key": "c-1"})
    assert answer.status == answer.body["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["type"] == f"urn:registrar:problem:{kind}"
    assert [error["code"] for error in answer.body["errors"]] == codes
    told = {name: answer.body[name] for name in ("change_id", "outcome", "user_id", "version", "replayed")}
    assert told == {
        "change_id": "c-1",
        "outcome": "REJECTED",
        "user_id": "u-1",
        "version": 2,
        "replayed": False,
    }


@pytest.mark.parametrize("key", ["c-1", '"c-1"', ' "c-1" '])
def test_the_key_is_the_change_id_with_and_without_quotes(ask, states, key):
    ask("POST", "/changes", CREATE, headers={"Idempotency-Key": key})
    assert states.request["change_id"] == "c-1"


def test_the_body_s_change_id_serves_as_well_and_without_any_there_is_a_new_one(ask, states):
    ask("POST", "/changes", {**CREATE, "change_id": "c-2"})
    assert (states.calls[-1][1]["name"], states.request["change_id"]) == ("c-2", "c-2")
    ask("POST", "/changes", {**CREATE, "change_id": "c-2"}, headers={"Idempotency-Key": "c-2"})
    assert states.request["change_id"] == "c-2"
    names = set()
    for _ in range(2):
        ask("POST", "/changes", CREATE)
        assert states.request["change_id"] == states.calls[-1][1]["name"]
        names.add(states.request["change_id"])
    assert len(names) == 2


@pytest.mark.parametrize("given", ["a#b", "", 0, False, [], {}, "..", "."])
@pytest.mark.parametrize("path", ["/changes", "/users"])
def test_a_change_id_that_is_none_goes_on_to_be_rejected_and_recorded(ask, states, path, given):
    body = CREATE if path == "/changes" else {"attributes": {}}
    ask("POST", path, {**body, "change_id": given})
    assert states.request["change_id"] == given
    assert len(states.calls[-1][1]["name"]) == 32
    assert "/change_id" in [problem.path for problem in identify(states.request, "x").problems]


def test_what_an_execution_is_given_is_utf_8_and_means_the_same(ask, states):
    body = {**CREATE, "reason": "é" * 30_000, "attributes": {"username": "\ud800é"}}
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    ask("POST", "/changes", text=text)
    sent = states.calls[-1][1]["input"]
    assert len(sent.encode()) < 62_000
    assert {name: states.request[name] for name in body} == body


def test_if_match_is_the_expected_version(ask, states):
    for headers in ({"If-Match": '"3"'}, {"If-Match": ' "3" '}):
        ask("PATCH", "/users/u-1", {"attributes": {}}, headers=headers)
        assert states.request["expected_version"] == 3
    ask("PATCH", "/users/u-1", {"attributes": {}, "expected_version": 3}, headers={"If-Match": '"3"'})
    assert states.request["expected_version"] == 3
    for headers in ({}, {"If-Match": "*"}):
        ask("DELETE", "/users/u-1", headers=headers)
        assert "expected_version" not in states.request


REFUSED_HEADERS = [
    ({"Idempotency-Key": ""}, {}, "/headers/Idempotency-Key"),
    ({"Idempotency-Key": "a b"}, {}, "/headers/Idempotency-Key"),
    ({"Idempotency-Key": "x" * 81}, {}, "/headers/Idempotency-Key"),
    ({"Idempotency-Key": "c-1"}, {"change_id": "c-2"}, "/headers/Idempotency-Key"),
    ({"If-Match": "3"}, {}, "/headers/If-Match"),
    ({"If-Match": 'w/"3"'}, {}, "/headers/If-Match"),
    ({"If-Match": '"3" "4"'}, {}, "/headers/If-Match"),
    ({"If-Match": '"3", *'}, {}, "/headers/If-Match"),
    ({"If-Match": '"3'}, {}, "/headers/If-Match"),
    ({"If-Match": '"3", "4"'}, {}, "/headers/If-Match"),
    # Each comma twice as long, if anything were looked at twice.
    ({"If-Match": '"3"' + ", " * 2000 + "x"}, {}, "/headers/If-Match"),
    ({"If-Match": ", " * 2000 + "x"}, {}, "/headers/If-Match"),
    ({"If-Match": ""}, {}, "/headers/If-Match"),
    ({"If-Match": '"3"'}, {"expected_version": 4}, "/headers/If-Match"),
    ({"If-Match": '"1"'}, {"expected_version": True}, "/headers/If-Match"),
    ({"If-Match": '"1"'}, {"expected_version": 1.0}, "/headers/If-Match"),
    ({"Idempotency-Key": ".."}, {}, "/headers/Idempotency-Key"),
]


@pytest.mark.parametrize(("headers", "fields", "path"), REFUSED_HEADERS)
def test_a_header_that_cannot_be_meant_is_refused_and_nothing_is_started(ask, states, headers, fields, path):
    answer = ask("POST", "/changes", {**CREATE, **fields}, headers=headers)
    assert answer.status == 400
    assert [error["path"] for error in answer.body["errors"]] == [path]
    assert states.calls == []


@pytest.mark.parametrize(
    "tag", ['W/"3"', '"-1"', '"³"', '"03"', '"abc"', '"1234567890123"', 'W/"3", "x,y"', '""']
)
def test_a_tag_that_no_version_has_matches_none(ask, states, tag):
    answer = ask("PATCH", "/users/u-1", {"attributes": {}}, headers={"If-Match": tag})
    assert (answer.status, answer.body["type"]) == (412, "urn:registrar:problem:version_conflict")
    assert states.calls == []


@pytest.mark.parametrize("tags", ['W/"3","3" , "x"', ', "3",,"3",', '"y" ,"3"'])
def test_of_several_tags_the_one_that_is_a_version_counts(ask, states, items, tags):
    ask("PATCH", "/users/u-1", {"attributes": {}}, headers={"If-Match": tags})
    assert states.request["expected_version"] == 3
    # Nothing is read for it: a retry is the same request, wherever the user is by then.
    assert items.calls == []


def encoded(content: bytes) -> dict:
    return {"text": b64encode(content).decode(), "matched": {"isBase64Encoded": True}}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"text": '{"reason": "' + "é" * 33_000 + '"}'}, 413),
        (encoded(b'{"reason": "' + b"x" * 65_536 + b'"}'), 413),
        (encoded(b'{"reason": "\xff"}'), 400),
        ({"text": '{"x": [' + "1e15," * 13_000 + "1]}"}, 413),
        ({"text": '{"expected_version": 1e999}'}, 400),
        *(({"text": '{"x": ' + "[" * depth + "]" * depth + "}"}, 400) for depth in range(900, 1000)),
        ({"body": CREATE, "headers": {"Content-Type": "application/json; charset=utf-16"}}, 415),
        ({"text": ""}, 400),
        ({"text": "{"}, 400),
        ({"text": "[]"}, 400),
        ({"text": "null"}, 400),
        ({"text": '{"expected_version": NaN}'}, 400),
        ({"text": "[" * 30_000}, 400),
        ({"text": '{"expected_version": 1' + "0" * 5000 + "}"}, 400),
        ({"text": '{"reason": "' + "x" * 65_536 + '"}'}, 413),
        ({"body": CREATE, "headers": {"Content-Type": "text/plain"}}, 415),
        ({"body": CREATE, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_and_nothing_is_started(ask, states, sent, status):
    answer = ask("POST", "/changes", sent.pop("body", None), **sent)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert states.calls == []


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        'Application/JSON;Charset="UTF-8"',
        "application/merge-patch+json",
        None,
    ],
)
def test_json_by_any_of_its_names_is_taken(ask, kind):
    headers = {"Content-Type": kind} if kind else {}
    assert ask("POST", "/changes", CREATE, headers=headers).status == 201


def test_the_actor_cannot_be_claimed(ask, states):
    answer = ask("POST", "/changes", {**CREATE, "actor": {"id": "root", "type": "iam"}})
    assert (answer.status, answer.body["errors"][0]["path"]) == (400, "/actor")
    assert states.calls == []


@pytest.mark.parametrize(
    ("authorizer", "actor"),
    [
        (
            {"iam": {"userArn": "arn:aws:sts::123456789012:assumed-role/Admin/ada+b=c@d,e"}},
            {
                "id": "arn:aws:sts::123456789012:assumed-role/Admin",
                "type": "iam",
                "session": "ada+b=c@d,e",
            },
        ),
        (
            {"iam": {"userArn": "arn:aws-us-gov:sts::123456789012:assumed-role/a.b-c/i-0123"}},
            {
                "id": "arn:aws-us-gov:sts::123456789012:assumed-role/a.b-c",
                "type": "iam",
                "session": "i-0123",
            },
        ),
        # Without a role, or with a session that STS does not give, the whole name is the caller's.
        *(
            ({"iam": {"userArn": arn}}, {"id": arn, "type": "iam"})
            for arn in (
                "arn:aws:iam::123456789012:user/assumed-role/Admin/ada",
                "arn:aws:sts::123456789012:federated-user/ada",
                "arn:aws:iam::123456789012:root",
                "arn:aws:sts::123456789012:assumed-role/Admin/a/b",
                "arn:aws:sts::123456789012:assumed-role/Admin/a",
                "arn:aws:sts::123456789012:assumed-role/Admin/" + "a" * 65,
            )
        ),
        (
            {"jwt": {"claims": {"sub": "arn:aws:sts::123456789012:assumed-role/Admin/ada"}}},
            {"id": "arn:aws:sts::123456789012:assumed-role/Admin/ada", "type": "jwt"},
        ),
        ({"jwt": {"claims": {"sub": "auth0|ada", "iss": "x"}}}, {"id": "auth0|ada", "type": "jwt"}),
    ],
)
def test_the_caller_is_the_actor(ask, states, authorizer, actor):
    ask("POST", "/changes", CREATE, authorizer=authorizer)
    assert states.request["actor"] == actor


def test_a_retry_under_another_session_of_the_role_is_the_same_request(ask, states):
    hashes = {}
    for name in ("Task/first", "Task/second", "Other/first"):
        caller = {"iam": {"userArn": f"arn:aws:sts::123456789012:assumed-role/{name}"}}
        ask("POST", "/changes", CREATE, headers={"Idempotency-Key": "c-1"}, authorizer=caller)
        assert states.request["actor"]["session"] == name.partition("/")[2]
        hashes[name] = identify(states.request, "c-1").request_hash
    assert hashes["Task/first"] == hashes["Task/second"] != hashes["Other/first"]


@pytest.mark.parametrize(
    "authorizer",
    [
        None,
        {},
        {"iam": {}},
        {"iam": {"userArn": None}},
        {"jwt": {"claims": {}}},
        {"jwt": {"claims": {"sub": "a b"}}},
    ],
)
def test_a_caller_without_a_usable_identity_is_refused(ask, states, authorizer):
    answer = ask("POST", "/changes", CREATE, authorizer=authorizer)
    assert (answer.status, answer.body["type"]) == (403, "urn:registrar:problem:unknown_caller")
    assert states.calls == []


def test_a_user_without_an_id_gets_the_same_one_for_the_same_change(ask, states):
    made = set()
    for key in ("c-1", "c-1", "c-2"):
        ask("POST", "/users", {"attributes": {}}, headers={"Idempotency-Key": key})
        assert states.request["action"] == "create"
        made.add(states.request["user_id"])
    assert len(made) == 2
    ask("POST", "/users", {"attributes": {}, "user_id": "u-9"})
    assert states.request["user_id"] == "u-9"


def test_action_and_user_id_come_from_method_and_path_only(ask, states):
    for method, path, body in (
        ("POST", "/users", {"action": "create"}),
        ("PATCH", "/users/u-1", {"action": "update"}),
        ("PATCH", "/users/u-1", {"user_id": "u-1"}),
    ):
        assert ask(method, path, {"attributes": {}, **body}).status == 400
    assert states.calls == []
    ask("DELETE", "/users/u-1", query={"reason": "ticket 1"})
    assert states.request["reason"] == "ticket 1"
    assert ask("DELETE", "/users/u-1", query={"reason": " "}).status == 400


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, respond-async", "Respond-Async;x=1"])
def test_a_change_may_be_started_without_waiting(ask, states, prefer):
    answer = ask("POST", "/changes", CREATE, headers={"Prefer": prefer, "Idempotency-Key": "c-1"})
    assert (answer.status, answer.headers["Location"], answer.headers["Retry-After"]) == (
        202,
        "/changes/c-1",
        "1",
    )
    assert answer.body == {"change_id": "c-1", "status": "RUNNING"}
    assert [(name, call["name"]) for name, call in states.calls] == [("StartExecution", "c-1")]


def test_a_change_that_is_not_valid_is_not_waited_for(ask, states):
    states.answer = rejected("too_short")
    answer = ask("POST", "/changes", {**CREATE, "reason": ""}, headers={"Prefer": "respond-async"})
    assert answer.status == 400
    assert [name for name, _ in states.calls] == ["StartSyncExecution"]


def test_a_change_that_was_started_before_is_answered_at_once(ask, states):
    states.running["c-1"] = "FAILED"
    answer = ask("POST", "/changes", CREATE, headers={"Prefer": "respond-async", "Idempotency-Key": "c-1"})
    assert answer.status == 201
    assert [name for name, _ in states.calls] == ["StartExecution", "StartSyncExecution"]


@pytest.mark.parametrize("trouble", [{"slow": True}, {"status": "FAILED"}, {"status": "TIMED_OUT"}])
def test_a_change_without_an_answer_says_that_it_may_be_sent_again(ask, states, trouble):
    for name, value in trouble.items():
        setattr(states, name, value)
    answer = ask("POST", "/changes", CREATE)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert "the same Idempotency-Key" in answer.body["detail"]
    assert len(states.calls) == 1


RECORD = Record(
    user_id="u-1",
    sequence="v#000000000001",
    change_id="c-1",
    outcome=Outcome.APPLIED,
    request_hash="0" * 64,
    recorded_at="2030-01-31T12:00:00.000000Z",
    previous_hash=GENESIS,
    action="create",
    version=1,
).seal("0" * 32)
RECEIPT = {"pk": "CHANGE#c-1", **RECORD.as_json()}


def test_what_became_of_a_change_is_in_its_receipt(ask, states, items):
    items.items["CHANGE#c-1"] = RECEIPT
    answer = ask("GET", "/changes/c-1")
    assert (answer.status, answer.body["outcome"], answer.body["replayed"]) == (200, "APPLIED", True)
    assert (items.calls, states.calls) == (["GetItem"], [])


def test_a_running_change_is_202_and_an_unknown_one_404(ask, states):
    states.running = {"c-1": "RUNNING", "c-2": "FAILED"}
    running = ask("GET", "/changes/c-1")
    assert (running.status, running.headers["Retry-After"]) == (202, "1")
    failed, unknown = ask("GET", "/changes/c-2"), ask("GET", "/changes/c-3")
    assert (failed.status, unknown.status) == (404, 404)
    assert "start the same change again" in failed.body["detail"]
    assert ask("GET", "/changes/a%23b").status == 404


def test_a_change_that_is_decided_between_two_looks_is_found(ask, states, items):
    states.running = {"c-1": "SUCCEEDED"}
    describe = states.describe_execution

    def decide_meanwhile(**call):
        items.items["CHANGE#c-1"] = RECEIPT
        return describe(**call)

    states.describe_execution = decide_meanwhile
    assert ask("GET", "/changes/c-1").status == 200


def test_an_unhandled_exception_is_a_500_problem_document_without_its_text(ask, states, caplog):
    secret = "ada@example.com in arn:aws:states:us-east-1:123456789012"

    def break_down(**_call):
        raise RuntimeError(secret)

    states.start_sync_execution = break_down
    answer = ask("POST", "/changes", CREATE)
    assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.body["type"] == "urn:registrar:problem:internal_error"
    (logged,) = caplog.records
    assert (logged.levelname, logged.error) == ("ERROR", "RuntimeError")
    assert secret not in json.dumps(answer.body) + json.dumps(logged.__dict__, default=str)
    assert "Traceback" not in json.dumps(answer.body)
