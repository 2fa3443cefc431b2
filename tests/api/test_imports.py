"""What the API makes of a file that somebody wants imported."""

import json

import pytest

SOURCE = {"source": {"key": "uploads/users.csv"}}
ACTOR = {"id": "arn:aws:iam::123456789012:user/ada", "type": "iam"}
IMPORTS = "arn:aws:states:us-east-1:123456789012:stateMachine:imports"
PLAN = {
    "import_id": "i-1",
    "import_key": "k",
    # Of a release that kept more.
    "key_is_named": False,
    "format": "csv",
    "header": ["user_id"],
    "rows": 1000,
    "chunks": 2,
    "dry_run": False,
    "stop_after": None,
    "started_at": "2030-01-31T12:00:00.000000Z",
}


def keep(s3, name, value) -> None:
    s3.objects["imports", f"imports/i-1/{name}"] = json.dumps(value).encode()


def test_an_upload_gets_a_key_of_its_own_and_an_address_for_its_size(ask):
    first, second = (ask("POST", "/uploads", {"format": "csv", "bytes": 12345}) for _ in range(2))
    assert first.status == 201
    assert first.body["key"] != second.body["key"]
    assert first.body["url"] == f"https://imports/{first.body['key']}?put_object&ContentLength=12345"
    assert first.body["key"].startswith("uploads/")


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, [("required", "/format"), ("required", "/bytes")]),
        ({"format": "csv"}, [("required", "/bytes")]),
        ({"format": "xlsx", "bytes": 1}, [("not_allowed", "/format")]),
        ({"format": "csv", "bytes": 1, "key": "mine"}, [("unknown_field", "/key")]),
        ({"format": "csv", "bytes": 0}, [("out_of_range", "/bytes")]),
        ({"format": "csv", "bytes": -1}, [("out_of_range", "/bytes")]),
        ({"format": "csv", "bytes": 1024**3 + 1}, [("too_long", "/bytes")]),
        *(
            ({"format": "csv", "bytes": size}, [("wrong_type", "/bytes")])
            for size in ("12", 1.5, True, None, [])
        ),
    ],
)
def test_an_upload_without_form_and_size_is_refused_and_each_field_named(ask, body, problems):
    answer = ask("POST", "/uploads", body)
    assert answer.status == 400
    assert [(error["code"], error["path"]) for error in answer.body["errors"]] == problems


def test_an_upload_that_is_too_large_is_refused_with_the_limit(ask):
    (error,) = ask("POST", "/uploads", {"format": "csv", "bytes": 1024**4}).body["errors"]
    assert error["message"] == "is more than 1 GiB, the most that an import takes; split the file"
    assert ask("POST", "/uploads", {"format": "csv", "bytes": 1024**3}).status == 201


def test_an_import_is_started_under_its_key_and_the_caller_is_its_actor(ask, states):
    answer = ask("POST", "/imports", SOURCE, headers={"Idempotency-Key": '"i-1"'})
    assert (answer.status, answer.body) == (202, {"import_id": "i-1", "status": "RUNNING"})
    assert answer.headers["Location"] == "/imports/i-1"
    ((operation, call),) = states.calls
    assert (operation, call["stateMachineArn"], call["name"]) == ("StartExecution", IMPORTS, "i-1")
    assert json.loads(call["input"]) == {**SOURCE, "actor": ACTOR}


def test_the_same_import_may_be_started_again_and_another_not_under_its_key(ask, states):
    key = {"Idempotency-Key": "i-1"}
    assert ask("POST", "/imports", SOURCE, headers=key).status == 202
    states.running["i-1"] = "RUNNING"
    assert ask("POST", "/imports", SOURCE, headers=key).status == 202
    answer = ask("POST", "/imports", {**SOURCE, "dry_run": True}, headers=key)
    assert (answer.status, answer.body["type"]) == (409, "urn:registrar:problem:import_id_reused")


def test_the_same_import_under_another_session_of_the_role_is_the_same(ask, states):
    def post(role: str, session: str):
        caller = {"iam": {"userArn": f"arn:aws:sts::123456789012:assumed-role/{role}/{session}"}}
        return ask("POST", "/imports", SOURCE, headers={"Idempotency-Key": "i-1"}, authorizer=caller)

    assert post("Task", "first").status == 202
    assert states.request["actor"]["session"] == "first"
    states.running["i-1"] = "RUNNING"
    assert post("Task", "second").status == 202
    assert post("Other", "first").status == 409


@pytest.mark.parametrize(
    ("body", "headers", "path"),
    [
        ({}, {}, "/source"),
        ({"source": {"key": "uploads/users.txt"}}, {}, "/format"),
        ({**SOURCE, "actor": ACTOR}, {}, "/actor"),
        ({**SOURCE, "fail_fast": 0}, {}, "/fail_fast"),
        ({**SOURCE, "colour": "red"}, {}, "/colour"),
        ({**SOURCE, "columns": {"E-Mail": "mail"}}, {}, "/columns/E-Mail"),
        (SOURCE, {"Idempotency-Key": "../i"}, "/headers/Idempotency-Key"),
    ],
)
def test_an_import_that_is_not_valid_is_refused_and_nothing_is_started(ask, states, body, headers, path):
    answer = ask("POST", "/imports", body, headers=headers)
    assert (answer.status, [error["path"] for error in answer.body["errors"]]) == (400, [path])
    assert states.calls == []


def test_nothing_is_known_of_an_import_that_was_not_started(ask):
    for import_id in ("i-1", "a b"):
        assert ask("GET", f"/imports/{import_id}").status == 404


def test_an_import_tells_how_far_it_is_with_one_listing(ask, s3, states):
    states.running["i-1"] = "RUNNING"
    assert ask("GET", "/imports/i-1").body == {"import_id": "i-1", "status": "RUNNING", "errors": []}
    keep(s3, "plan.json", PLAN)
    for name in ("progress/000001-480-15-5-0-20", "progress/000002-300-0-0-200-200"):
        keep(s3, name, None)
    s3.calls.clear()
    body = ask("GET", "/imports/i-1").body
    counts = [body[name] for name in ("rows", "applied", "rejected", "replayed", "failed", "not_applied")]
    assert counts == [1000, 780, 15, 5, 200, 220]
    assert [operation for operation, _ in s3.calls] == ["GetObject", "GetObject", "ListObjectsV2"]


def test_in_the_end_it_tells_how_it_went_and_where_the_report_is(ask, s3):
    keep(s3, "plan.json", PLAN)
    keep(s3, "summary.json", {"import_id": "i-1", "status": "SUCCEEDED", "rows": 1000, "errors": []})
    body = ask("GET", "/imports/i-1").body
    assert (body["status"], body["rows"]) == ("SUCCEEDED", 1000)
    assert body["report_url"] == "https://imports/imports/i-1/report.csv?get_object"
    assert body["failed_url"] == "https://imports/imports/i-1/failed.csv?get_object"


def test_an_import_that_ends_between_two_reads_is_shown_with_its_summary(ask, s3, states, monkeypatch):
    def ended(**_call):
        keep(s3, "summary.json", {"import_id": "i-1", "status": "REFUSED", "errors": []})
        return {"status": "SUCCEEDED", "input": "{}"}

    monkeypatch.setattr(states, "describe_execution", ended)
    assert ask("GET", "/imports/i-1").body["status"] == "REFUSED"


def test_an_import_whose_objects_are_gone_says_that_they_have_expired(ask, states):
    states.running["i-1"] = "SUCCEEDED"
    answer = ask("GET", "/imports/i-1")
    assert (answer.status, answer.body["detail"]) == (404, "its report has expired")


@pytest.mark.parametrize("status", ["SUCCEEDED", "REFUSED", "FAILED"])
def test_an_import_that_is_started_again_after_its_end_tells_how_it_ended(ask, s3, states, status):
    key = {"Idempotency-Key": "i-1"}
    ask("POST", "/imports", SOURCE, headers=key)
    states.running["i-1"] = "FAILED" if status == "FAILED" else "SUCCEEDED"
    keep(s3, "summary.json", {"import_id": "i-1", "status": status, "errors": []})
    again = ask("POST", "/imports", SOURCE, headers=key)
    assert (again.status, again.body) == (200, {"import_id": "i-1", "status": status})
    assert again.headers["Location"] == "/imports/i-1"


def test_an_import_that_failed_says_so(ask, s3, states):
    states.running["i-1"] = "FAILED"
    keep(s3, "plan.json", PLAN)
    assert ask("GET", "/imports/i-1").body["status"] == "FAILED"
