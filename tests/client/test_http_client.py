"""Both clients on a fake transport: what is sent, retried and raised."""

import asyncio
import inspect
import itertools
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx
import pytest

import registrar_client
from registrar_client import AsyncRegistrarClient, RegistrarClient, SigV4, Token, calls, upload

APPLIED = {
    "change_id": "c-1",
    "outcome": "APPLIED",
    "user_id": "u-1",
    "version": 1,
    "errors": [],
    "record_hash": "0" * 64,
    "replayed": False,
}
USER = {
    "user_id": "u-1",
    "version": 1,
    "head": "0" * 64,
    "status": "active",
    "created_at": "2030-01-31T12:00:00.000000Z",
    "updated_at": "2030-01-31T12:00:00.000000Z",
    "a field of tomorrow": 1,
}


class Server:
    """Gives one answer after the other, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return httpx.Response(status, json=body)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    for name in ("DELAY_SECONDS", "POLL_SECONDS"):
        monkeypatch.setattr(calls, name, 0.0)


@pytest.fixture(params=["sync", "async"])
def ask(request) -> Callable[..., Any]:
    """Return what calls a method of each client; pages come as lists."""

    def call(server: Server, method: str, *args: Any, **kwargs: Any) -> Any:
        transport = httpx.MockTransport(server)
        if request.param == "sync":
            with RegistrarClient("http://api/x/$default", transport=transport) as client:
                done = getattr(client, method)(*args, **kwargs)
                return list(done) if inspect.isgenerator(done) else done

        async def run() -> Any:
            async with AsyncRegistrarClient("http://api/x/$default", transport=transport) as client:
                done = getattr(client, method)(*args, **kwargs)
                return [item async for item in done] if inspect.isasyncgen(done) else await done

        return asyncio.run(run())

    return call


def problem(code: str, *errors: dict[str, str]) -> dict[str, Any]:
    return {"type": f"urn:registrar:problem:{code}", "detail": "it is so", "errors": list(errors)}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_temporary_failure_is_retried_with_the_same_idempotency_key(ask, status):
    server = Server((status, {}), httpx.ConnectError("no"), httpx.ReadTimeout("slow"), (201, APPLIED))
    done = ask(server, "create", {"username": "ada"})
    assert (done.outcome, done.user_id, done.version) == ("APPLIED", "u-1", 1)
    keys = {request.headers["Idempotency-Key"] for request in server.requests}
    assert (len(server.requests), len(keys)) == (4, 1)
    assert [json.loads(request.content) for request in server.requests] == [
        {"attributes": {"username": "ada"}}
    ] * 4


def test_each_change_has_its_own_idempotency_key(ask):
    server = Server((201, APPLIED))
    for _ in range(2):
        ask(server, "create", {})
    ask(server, "create", {}, change_id="c-7")
    keys = [request.headers["Idempotency-Key"] for request in server.requests]
    assert len(set(keys)) == 3
    assert keys[2] == "c-7"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (
            400,
            problem("invalid_request", {"code": "too_long", "path": "/x", "message": "is"}),
            "InvalidRequest",
        ),
        (403, problem("unknown_caller"), "Forbidden"),
        (404, problem("not_found"), "NotFound"),
        (404, problem("user_not_found"), "UserNotFound"),
        (409, problem("user_exists"), "UserExists"),
        (409, problem("name_taken"), "NameTaken"),
        (409, problem("change_id_reused"), "ChangeIdReused"),
        (412, problem("version_conflict"), "VersionConflict"),
        (413, problem("payload_too_large"), "InvalidRequest"),
        (401, {"message": "Unauthorized"}, "Forbidden"),
        (403, {"message": "Forbidden"}, "Forbidden"),
        (418, {}, "ApiProblem"),
        (415, [], "ApiProblem"),
    ],
)
def test_a_refusal_has_its_own_exception_and_is_not_retried(ask, status, body, error):
    server = Server((status, body))
    with pytest.raises(registrar_client.ApiProblem) as raised:
        ask(server, "update", "u-1", {"email": "x"})
    assert type(raised.value).__name__ == error
    assert raised.value.status == status
    assert len(server.requests) == 1
    if isinstance(body, dict) and body.get("errors"):
        assert [each.path for each in raised.value.problems] == ["/x"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((503, problem("unavailable")), "Unavailable"),
        ((429, {"message": "Too Many Requests"}), "TooManyRequests"),
        (httpx.ConnectError("no"), "NotReached"),
    ],
)
def test_a_lasting_failure_is_raised_after_four_attempts(ask, answer, error):
    server = Server(answer)
    with pytest.raises(registrar_client.RegistrarError) as raised:
        ask(server, "get", "u-1")
    assert (type(raised.value).__name__, len(server.requests)) == (error, 4)


def test_a_pause_is_at_least_the_retry_after_header_up_to_a_limit():
    def pause(asked: str, attempt: int = 1) -> float | None:
        response = httpx.Response(503, headers={"Retry-After": asked})
        return calls.pause_after(response, attempt, calls.retry(4))

    assert pause("2") >= 2
    assert pause("3600") <= 2 * calls.DELAY_MAX_SECONDS
    assert pause("Sat, 31 Jan 2030") is not None
    assert pause("2", attempt=4) is None


def test_all_pages_are_read(ask):
    pages = [(200, {"users": [USER], "next": "a b"}), (200, {"users": [USER, USER], "next": None})]
    server = Server(*pages)
    after = datetime(2030, 1, 31, 12, tzinfo=UTC)
    users = ask(server, "list", "suspended", updated_after=after, page_size=2)
    assert [user.user_id for user in users] == ["u-1"] * 3
    assert users[0].created_at == after
    first, second = (request.url.params for request in server.requests)
    assert (first["status"], first["limit"], datetime.fromisoformat(first["updated_after"])) == (
        "suspended",
        "2",
        after,
    )
    assert second["cursor"] == "a b"
    # Signatures want a space as %20.
    assert b"cursor=a%20b" in server.requests[1].url.query


def test_a_page_of_users_has_the_time_up_to_which_its_listing_is_complete(ask):
    until = "2030-01-31T11:59:00.000000Z"
    server = Server((200, {"users": [USER], "next": "c", "complete_until": until}))
    page = ask(server, "list_page", "suspended", page_size=1, cursor="b")
    assert ([user.user_id for user in page.items], page.cursor) == (["u-1"], "c")
    assert page.complete_until == datetime(2030, 1, 31, 11, 59, tzinfo=UTC)
    assert dict(server.requests[0].url.params) == {"status": "suspended", "limit": "1", "cursor": "b"}
    # An API that does not know it says nothing of it.
    assert ask(Server((200, {"users": [], "next": None})), "list_page").complete_until is None


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_a_distant_time_is_sent_as_rfc_3339_from_any_time_zone(ask, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for moment in (datetime(1, 1, 1, tzinfo=UTC), datetime(1800, 1, 1, tzinfo=UTC)):
            server = Server((200, {"users": [], "next": None}))
            assert ask(server, "list", updated_after=moment) == []
            text = server.requests[0].url.params["updated_after"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)", text)
            assert datetime.fromisoformat(text) == moment
    finally:
        monkeypatch.undo()
        time.tzset()


def test_ids_are_encoded_in_paths(ask):
    server = Server((200, USER))
    ask(server, "get", "ab #?%:@")
    assert server.requests[0].url.raw_path == b"/x/$default/users/ab%20%23%3F%25:@"


def test_a_name_that_no_user_holds_is_none(ask):
    assert ask(Server((200, {"users": [], "next": None})), "find", username="ada") is None


def test_a_started_change_is_waited_for(ask):
    server = Server((202, {"change_id": "c-1", "status": "RUNNING"}))
    assert ask(server, "start", "delete", "u-1", change_id="c-1") == "c-1"
    assert server.requests[0].headers["Prefer"] == "respond-async"
    rejected = {
        **APPLIED,
        "outcome": "REJECTED",
        "errors": [{"code": "user_not_found", "path": "/x", "message": "m"}],
    }
    server = Server(
        (404, problem("not_found")), (202, {"change_id": "c-1", "status": "RUNNING"}), (200, rejected)
    )
    assert [each.code for each in ask(server, "wait_for", "c-1").problems] == ["user_not_found"]
    with pytest.raises(registrar_client.StillRunning):
        ask(Server((202, {"change_id": "c-1", "status": "RUNNING"})), "wait_for", "c-1", timeout=0)
    with pytest.raises(registrar_client.NotFound):
        ask(Server((404, problem("not_found"))), "wait_for", "c-1", timeout=0)


def test_a_request_is_signed_with_sigv4():
    server = Server((200, USER))
    credentials = boto3.Session("AKID", "secret", "token").get_credentials()
    client = RegistrarClient(
        "https://a.example", SigV4(credentials, "eu-west-1"), transport=httpx.MockTransport(server)
    )
    client.get("u-1")
    headers = server.requests[0].headers
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "token"


def test_a_token_is_sent_unchanged():
    server = Server((200, USER))
    RegistrarClient("https://a.example", Token("t-1"), transport=httpx.MockTransport(server)).get("u-1")
    assert server.requests[0].headers["Authorization"] == "Bearer t-1"


UPLOAD = (201, {"key": "uploads/k.csv", "url": "https://s3.example/k.csv?secret", "seconds": 900})


@pytest.mark.parametrize("size", [0, 1, upload.BLOCK_BYTES, 2 * upload.BLOCK_BYTES + 1])
def test_an_upload_sends_exactly_the_size_that_it_announces(ask, tmp_path, size):
    file = tmp_path / "users.csv"
    file.write_bytes(b"x" * size)
    server = Server(UPLOAD, (503, {}), httpx.ReadError("broke"), (200, {}))
    assert ask(server, "upload", file) == "uploads/k.csv"
    asked, *sent = server.requests
    assert json.loads(asked.content) == {"format": "csv", "bytes": size}
    assert len(sent) == 3
    for each in sent:
        assert each.headers["Content-Length"] == str(size)
        assert "Transfer-Encoding" not in each.headers
        assert "Authorization" not in each.headers


@pytest.mark.parametrize("now", [0, 5, 15, 3 * upload.BLOCK_BYTES])
def test_a_file_that_changes_during_its_upload_is_an_error(ask, tmp_path, now):
    file = tmp_path / "users.csv"
    file.write_bytes(b"x" * 10)

    def changes(_: httpx.Request) -> httpx.Response:
        file.write_bytes(b"y" * now)
        return httpx.Response(*UPLOAD[:1], json=UPLOAD[1])

    with pytest.raises(registrar_client.FileChanged, match="send it again"):
        ask(changes, "upload", file)


def test_a_file_that_changes_between_two_blocks_is_an_error(tmp_path):
    file = tmp_path / "users.csv"
    for now in (upload.BLOCK_BYTES + 5, 3 * upload.BLOCK_BYTES):
        file.write_bytes(b"x" * (2 * upload.BLOCK_BYTES))
        with file.open("rb") as content:
            blocks = upload.blocks(content, upload.size_of(content))
            next(blocks)
            file.write_bytes(b"y" * now)
            with pytest.raises(registrar_client.FileChanged, match="send it again"):
                list(blocks)


@pytest.mark.parametrize("answer", [httpx.ConnectError("no"), (403, {})])
def test_an_upload_that_fails_names_the_bucket_and_not_the_api(ask, tmp_path, answer):
    (tmp_path / "users.csv").write_bytes(b"x")
    with pytest.raises(registrar_client.RegistrarError) as raised:
        ask(Server(UPLOAD, answer), "upload", tmp_path / "users.csv")
    assert "http://api" not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert any(name in str(raised.value) for name in ("https://s3.example", "import bucket"))


def test_the_error_code_of_s3_is_in_the_message():
    answer = httpx.Response(403, text="<Error><Code>SignatureDoesNotMatch</Code></Error>")
    with pytest.raises(registrar_client.Unavailable, match="403 SignatureDoesNotMatch"):
        upload.check_answer(answer)


@pytest.mark.parametrize("method", ["get", "history", "change", "import_status"])
@pytest.mark.parametrize("text", ["", ".", "..", "u-1/history"])
def test_an_id_that_cannot_be_in_a_path_is_refused_before_a_request_is_sent(ask, method, text):
    server = Server((200, {}))
    with pytest.raises(registrar_client.InvalidRequest, match="must not"):
        ask(server, method, text)
    assert server.requests == []


@pytest.mark.parametrize("url", ["", "notaurl", "ftp://a", "http://", "http://a:x", "https://a/b#c"])
def test_an_invalid_url_is_refused_at_once(url):
    for client in (RegistrarClient, AsyncRegistrarClient):
        with pytest.raises(ValueError, match="is no URL"):
            client(url)


@pytest.mark.parametrize("body", [[], "x", {}, {"users": [{}]}, {"users": {}}])
def test_an_answer_that_is_not_from_registrar_has_its_own_exception(ask, body):
    with pytest.raises(registrar_client.UnexpectedAnswer, match="http://api"):
        ask(Server((200, body)), "list")
    with pytest.raises(registrar_client.ApiProblem):
        ask(Server((400, {"errors": body})), "list")


def test_both_clients_have_the_same_methods():
    def methods(client: type) -> dict[str, list[str]]:
        public = inspect.getmembers(client, inspect.isfunction)
        return {
            name: list(inspect.signature(each).parameters)
            for name, each in public
            if not name.startswith("_")
        }

    assert methods(RegistrarClient) == methods(AsyncRegistrarClient)
    assert len(list(itertools.chain(methods(RegistrarClient)))) >= 12
