"""What can only happen between two requests of one step, made to happen there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from tests.integration import machine
from tests.integration.sample_requests import request

COMMIT = "before-call.dynamodb.TransactWriteItems"


@contextmanager
def once_before(engine: Any, event: str, act: Callable[[], Any]) -> Iterator[None]:
    """Do something right before the first request of a kind."""
    left = [act]

    def hook(**_kwargs: Any) -> None:
        if left:
            left.pop()()

    engine.meta.events.register(event, hook)
    try:
        yield
        assert left == [], "the request was not made"
    finally:
        engine.meta.events.unregister(event, hook)


def test_a_change_that_another_start_applies_meanwhile_is_answered_from_its_receipt(engine, execute):
    """Its expected version is stale by then, only because of itself."""
    execute(request("create", attributes={}))
    update = request("update", change_id="c-1", attributes={"display_name": "Ada"}, expected_version=1)
    checked = machine.step("validate_change").handler({"request": update, "execution_name": "e"}, None)
    with once_before(engine, COMMIT, lambda: execute(update)):
        written = machine.step("write_change").handler(checked, None)
    assert (written["answer"]["outcome"], written["answer"]["version"]) == ("APPLIED", 2)
    assert written["answer"]["replayed"] is True


def test_an_id_that_another_request_takes_meanwhile_is_used_up_and_nothing_else(engine, execute):
    """What the user's state said no to may be otherwise a moment later; so it is not in the answer."""
    execute(request("create", attributes={}))
    stale = request("update", change_id="c-1", attributes={}, expected_version=7)
    other = request("update", change_id="c-1", attributes={"display_name": "Ada"})
    with once_before(engine, COMMIT, lambda: execute(other)):
        answer = execute(stale)
    assert [error["code"] for error in answer["errors"]] == ["change_id_reused"]
    assert execute(stale) == {**answer, "replayed": True}


def test_a_commit_that_the_client_sends_again_is_the_same_transaction(engine, execute):
    """The client's own retry, under the same token, meets no receipt of its own."""
    lost: list[Any] = []

    def lose_the_answer(request: Any, **_kwargs: Any) -> None:
        if not lost and "TransactWriteItems" in str(request.headers["X-Amz-Target"]):
            lost.append(URLLib3Session().send(request))
            raise ConnectionClosedError(endpoint_url=request.url)

    engine.meta.events.register("before-send.dynamodb", lose_the_answer)
    try:
        answer = execute(request("create", attributes={}))
    finally:
        engine.meta.events.unregister("before-send.dynamodb", lose_the_answer)
    assert lost[0].status_code == 200
    assert answer["replayed"] is False
