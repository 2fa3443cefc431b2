"""What the API makes of a request to read."""

import json
from base64 import urlsafe_b64encode
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from registrar.adapters import system
from registrar.adapters.dynamodb import item_of
from registrar.domain import limits

USER = {
    "pk": "USER#u-1",
    "user_id": "u-1",
    "version": 3,
    "head": "0" * 64,
    "status": "active",
    "username": "Ada",
    "email": "ada,b@example.com",
    "listing": "active#0",
    "created_at": "2030-01-31T12:00:00.000000Z",
    "updated_at": "2030-01-31T12:00:00.000000Z",
}


@pytest.fixture(autouse=True)
def ada(items):
    items.items |= {
        "USER#u-1": USER,
        "USER#u-2": {
            **{name: USER[name] for name in ("head", "created_at", "updated_at")},
            "user_id": "u-2",
            "version": 2,
            "status": "deleted",
        },
        "NAME#username#ada": {"user_id": "u-1"},
        "NAME#email#ada,b@example.com": {"user_id": "u-1"},
        "NAME#username#old": {"user_id": "u-1"},
    }


def test_a_user_is_one_request_to_dynamodb(ask, items):
    answer = ask("GET", "/users/u-1")
    assert (answer.status, answer.headers["ETag"]) == (200, '"3"')
    assert answer.body == {name: value for name, value in USER.items() if name not in ("pk", "listing")}
    assert items.calls == ["GetItem"]


@pytest.mark.parametrize("user_id", ["u-2", "u-3", "a#b", "x" * 129])
def test_who_is_not_there_or_no_longer_is_not_found(ask, user_id):
    answer = ask("GET", f"/users/{user_id.replace('#', '%23')}")
    assert (answer.status, answer.body["type"]) == (404, "urn:registrar:problem:user_not_found")


@pytest.mark.parametrize("query", [{"username": "ADA"}, {"email": "Ada,B@example.com"}])
def test_a_name_leads_to_its_user_by_its_normal_form(ask, items, query):
    answer = ask("GET", "/users", query=query)
    assert ([user["user_id"] for user in answer.body["users"]], answer.body["next"]) == (["u-1"], None)
    assert items.calls == ["GetItem", "GetItem"]


@pytest.mark.parametrize(
    "query", [{"username": "nobody"}, {"email": "x" * 3000}, {"username": "\ufdfa" * 60}]
)
def test_a_name_that_nobody_holds_or_can_hold_leads_nowhere(ask, query):
    assert ask("GET", "/users", query=query).body == {"users": [], "next": None}


def test_a_name_that_was_let_go_between_two_reads_is_asked_for_again(ask, items):
    answer = ask("GET", "/users", query={"username": "old"})
    assert answer.status == 503
    assert items.calls == ["GetItem"] * 6


BAD_QUERIES = [
    ("/users", "", ["/query"]),
    ("/users", "email=a&username=b", ["/query"]),
    ("/users", "email=a&updated_after=2030-01-31T12:00:00Z", ["/query/updated_after"]),
    ("/users", "email=", ["/query/email"]),
    ("/users", "status=deleted", ["/query/status"]),
    ("/users", "status=active&limit=0", ["/query/limit"]),
    ("/users", "status=active&limit=101", ["/query/limit"]),
    ("/users", "status=active&limit=1.0", ["/query/limit"]),
    ("/users", "status=active&limit=", ["/query/limit"]),
    ("/users", "status=active&updated_after=yesterday", ["/query/updated_after"]),
    *(
        ("/users", urlencode({"status": "active", "updated_after": text}), ["/query/updated_after"])
        for text in (
            # No offset, no time, no text of RFC 3339.
            *("2030-01-31T12:00:00", "2030-01-31", "253402300800", "0", "-1", "1e3", ""),
            *("2030-01-31T12:00Z", "2030-W05-4T12:00:00Z", "20300131T120000Z", "2030-01-31 12:00:00Z"),
            *("2030-01-31T12:00:00+0100", "2030-01-31T12:00:00+01:00:30", "2030-01-31T12:00:00,5Z"),
            *("2030-01-31T12:00:00Z\n", "٢٠٣٠-01-31T12:00:00Z"),
            # No such moment, or none in UTC.
            *("2030-02-30T12:00:00Z", "2030-01-31T24:00:00Z", "0000-01-01T00:00:00Z"),
            *("2030-01-31T12:00:00+24:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
        )
    ),
    ("/users", "status=active&cursor=x", ["/query/cursor"]),
    ("/users", "status=active&status=active", ["/query/status"]),
    ("/users", "status=active&colour=blue&limit=0", ["/query/colour", "/query/limit"]),
    ("/users/u-1", "x=1", ["/query/x"]),
    ("/users/u-1/history", "limit=-1", ["/query/limit"]),
    ("/users/u-1/history", "cursor=e30", ["/query/cursor"]),
    ("/stats", "days=32", ["/query/days"]),
    ("/health", "x=1", ["/query/x"]),
    ("/changes/c-1", "x=1", ["/query/x"]),
]


@pytest.mark.parametrize(("path", "query", "paths"), BAD_QUERIES)
def test_every_parameter_that_is_wrong_is_named(ask, items, path, query, paths):
    answer = ask("GET", path, query=query)
    assert answer.status == 400
    assert [error["path"] for error in answer.body["errors"]] == paths
    assert items.calls == []


def test_a_time_that_cannot_be_read_is_answered_with_an_example(ask):
    answer = ask("GET", "/users", query="status=active&updated_after=253402300800")
    (error,) = answer.body["errors"]
    assert error["code"] == "bad_format"
    assert "2030-01-31T12:00:00Z" in error["message"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("0999-12-31T23:59:59.9+00:00", "0999-12-31T23:59:59.900000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2030-01-31t12:00:00.1234567z", "2030-01-31T12:00:00.123456Z"),
        ("2030-01-31T23:30:00-01:00", "2030-02-01T00:30:00.000000Z"),
    ],
)
def test_a_time_is_asked_for_as_the_index_has_it_in_any_year(ask, monkeypatch, items, text, read):
    asked: list[str] = []

    def query(**call):
        asked.append(call["ExpressionAttributeValues"][":after"]["S"])
        return {"Items": []}

    monkeypatch.setattr(items, "query", query)
    assert ask("GET", "/users", query={"status": "active", "updated_after": text}).status == 200
    assert set(asked) == {read}


MOMENT = "2030-01-31T12:00:00.000000Z"
LISTING = {
    "of": "users",
    "status": "active",
    "since": None,
    "complete_until": MOMENT,
    "updated_at": MOMENT,
    "seen": ["u-1"],
}
HISTORY = {"of": "history", "user_id": "u-1", "version": 1, "recorded_at": MOMENT, "sequence": "r#c-1"}


def cursor_of(place: object) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def test_a_cursor_serves_the_request_that_it_was_given_for_and_no_other(ask):
    cursor = cursor_of(LISTING)
    assert ask("GET", "/users", query={"status": "active", "cursor": cursor}).status == 200
    assert ask("GET", "/users", query={"status": "suspended", "cursor": cursor}).status == 400
    assert (
        ask("GET", "/users", query={"status": "active", "updated_after": MOMENT, "cursor": cursor}).status
        == 400
    )
    assert ask("GET", "/users/u-1/history", query={"cursor": cursor}).status == 400
    assert ask("GET", "/users/u-1/history", query={"cursor": cursor_of(HISTORY)}).status == 200
    assert ask("GET", "/users/u-2/history", query={"cursor": cursor_of(HISTORY)}).status == 400


def test_a_listing_is_whole_up_to_a_minute_before_its_first_page(ask, items, monkeypatch):
    ada, bob = (item_of({**USER, "user_id": user_id}) for user_id in ("u-1", "u-2"))

    def query(**call):
        # The time is taken before anything is read.
        clock.read += 1
        shard = call["ExpressionAttributeValues"][":listing"]["S"]
        return {"Items": [ada, bob] if shard == "active#0" else []}

    clock = SimpleNamespace(read=0)
    monkeypatch.setattr(items, "query", query)
    monkeypatch.setattr(system, "now", lambda: f"2030-01-31T12:{clock.read:02d}:30.000000Z")
    first = ask("GET", "/users", query={"status": "active", "limit": "1"}).body
    assert first["complete_until"] == "2030-01-31T11:59:30.000000Z"
    second = ask("GET", "/users", query={"status": "active", "limit": "1", "cursor": first["next"]}).body
    assert [user["user_id"] for page in (first, second) for user in page["users"]] == ["u-1", "u-2"]
    assert (second["next"], second["complete_until"]) == (None, first["complete_until"])


FORGED = [
    *({**LISTING, "updated_at": value} for value in ("", "2030", 7, None, {})),
    *({**LISTING, "complete_until": value} for value in ("", "2030", None)),
    *({**LISTING, "seen": value} for value in ("u-1", [1], None)),
    {**LISTING, "more": 1},
    [],
    7,
]


@pytest.mark.parametrize("place", FORGED)
def test_a_cursor_that_was_made_by_hand_is_refused(ask, items, place):
    assert ask("GET", "/users", query={"status": "active", "cursor": cursor_of(place)}).status == 400
    assert items.calls == []


@pytest.mark.parametrize(
    "field", [{"version": -1}, {"version": 10**12}, {"version": True}, {"recorded_at": "x"}]
)
def test_a_history_s_cursor_that_was_made_by_hand_is_refused(ask, items, field):
    assert ask("GET", "/users/u-1/history", query={"cursor": cursor_of({**HISTORY, **field})}).status == 400
    assert items.calls == []


@pytest.mark.parametrize("cursor", ["%", "a", "\u00e9", "=" * 9])
def test_what_is_no_cursor_at_all_is_refused(ask, cursor):
    assert ask("GET", "/users", query={"status": "active", "cursor": cursor}).status == 400


def test_the_history_of_nobody_is_not_found(ask):
    assert ask("GET", "/users/u-1/history").status == 404
    assert ask("GET", "/users/a%23b/history").status == 404


def test_stats_of_nothing_are_zeros(ask):
    assert ask("GET", "/stats").body == {"users": {"active": 0, "suspended": 0}, "changes": []}


def test_a_path_that_is_not_there_and_a_method_that_a_path_does_not_have(ask):
    nowhere = ask("GET", "/nowhere")
    assert (nowhere.status, nowhere.body["type"]) == (404, "urn:registrar:problem:not_found")
    put = ask("PUT", "/users/u-1")
    assert (put.status, put.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH")
    assert ask("POST", "/health").headers["Allow"] == "GET, HEAD"
    assert (ask("HEAD", "/nowhere").status, ask("HEAD", "/uploads").status) == (404, 405)


def test_head_answers_like_get_without_the_content(ask, items):
    items.items["USER#u-1"] = USER
    got, head = ask("GET", "/users/u-1"), ask("HEAD", "/users/u-1")
    assert (head.status, head.headers, head.body) == (200, got.headers, None)
    assert ask("HEAD", "/users/u-2").status == 404


@pytest.mark.parametrize(
    "path", ["/users/u-1\n", "/users/u-1\x00", "/users/u-1 ", "/users/u-1/", "//users/u-1"]
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_an_encoded_path_decodes_to_is_no_other_resource(ask, items, states, method, path):
    items.items["USER#u-1"] = USER
    answer = ask(method, path, {"attributes": {}} if method == "PATCH" else None)
    if states.calls:
        # The machine rejects what can be no id.
        assert not limits.is_user_id(states.request["user_id"])
    else:
        assert answer.status == 404


def test_a_parameter_with_a_slash_stays_one_parameter(ask, items):
    items.items["USER#u-1"] = USER
    matched = {"routeKey": "GET /users/{user_id}", "pathParameters": {"user_id": "u-1/history"}}
    answer = ask("GET", "/users/u-1/history", matched=matched)
    assert (answer.status, answer.body["type"]) == (404, "urn:registrar:problem:user_not_found")
    same = {"routeKey": "GET /users/{user_id}", "pathParameters": {"user_id": "u-1"}}
    assert ask("GET", "/users/u-1", matched=same).status == 200


def test_health_asks_nothing(ask, items, states):
    assert ask("GET", "/health", authorizer=None).body == {"status": "ok"}
    assert (items.calls, states.calls) == ([], [])


def test_a_user_that_was_altered_is_listed_as_it_stands_and_fails_no_page(ask, monkeypatch, items):
    altered = {**USER, "head": "x", "display_name": 7, "tags": {"a": 1}, "created_at": None}

    def query(**call):
        found = call["ExpressionAttributeValues"][":listing"]["S"] == "active#0"
        return {"Items": [item_of(altered)] * found}

    monkeypatch.setattr(items, "query", query)
    items.items["USER#u-1"] = altered
    shown = {name: value for name, value in altered.items() if name not in ("pk", "listing")}
    assert ask("GET", "/users", query="status=active").body["users"] == [shown]
    assert ask("GET", "/users", query="username=ada").body["users"] == [shown]
    assert ask("GET", "/users/u-1").body == shown


@pytest.mark.parametrize(
    "altered", [{"reason": None}, {"later": "x"}, {"errors": [{"code": "x"}]}, {"actor": 1}, {"hash": "x"}]
)
def test_history_shows_an_altered_record_as_it_stands(ask, monkeypatch, items, altered):
    record = {"user_id": "u-1", "sequence": "r#c-1", "recorded_at": MOMENT, "change_id": "c-1", **altered}

    def query(**call):
        return {"Items": [item_of(record)] * (":r" in call["ExpressionAttributeValues"])}

    monkeypatch.setattr(items, "query", query)
    answer = ask("GET", "/users/u-1/history")
    assert (answer.status, answer.body) == (200, {"records": [record], "next": None})
