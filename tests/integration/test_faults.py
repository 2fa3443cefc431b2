"""What goes wrong between the steps and DynamoDB: what is tried again, what is not, and what it leaves."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from registrar.adapters.store import Store
from registrar.domain.change import Outcome
from registrar.domain.errors import TransientFault
from registrar.domain.record import GENESIS, Record
from tests.integration import machine
from tests.integration.sample_requests import decided, request
from tests.integration.tables import items_of

RECORD = Record("u-1", "r#c-1", "c-1", Outcome.REJECTED, None, "", GENESIS, hash="0" * 64)


def client_at(endpoint: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def store_of(client: Any) -> Store:
    return Store(client, "Users", "Ledger")


@pytest.fixture
def stubbed() -> Iterator[Stubber]:
    with Stubber(client_at("http://localhost")) as stub:
        yield stub


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("RequestLimitExceeded", 400),
        ("TransactionConflictException", 400),
        ("InternalServerError", 500),
        ("ServiceUnavailable", 503),
        ("502", 502),
    ],
)
def test_a_fault_of_the_service_is_transient(stubbed, code, status):
    stubbed.add_client_error("put_item", code, http_status_code=status)
    stubbed.add_client_error("batch_get_item", code, http_status_code=status)
    with pytest.raises(TransientFault):
        store_of(stubbed.client).deliver(RECORD)
    with pytest.raises(TransientFault):
        store_of(stubbed.client).read("u-1", "c-1")


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"]
)
def test_a_fault_that_stays_is_not_transient(stubbed, code):
    stubbed.add_client_error("put_item", code, http_status_code=400)
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        store_of(stubbed.client).deliver(RECORD)
    assert raised.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    "reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_cancellation_that_conditions_alone_did_not_give_is_transient(stubbed, reason, place):
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]
    reasons[place] = {"Code": reason}
    for _ in range(2):
        stubbed.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            http_status_code=400,
            modeled_fields={"CancellationReasons": reasons},
        )
    store = store_of(stubbed.client)
    with pytest.raises(TransientFault):
        store.commit(decided(None, "c-1", "create", attributes={}))
    with pytest.raises(TransientFault):
        store.reject(RECORD)


def test_half_a_read_is_transient(stubbed):
    key = {"pk": {"S": "CHANGE#c-1"}}
    stubbed.add_response(
        "batch_get_item", {"Responses": {"Users": []}, "UnprocessedKeys": {"Users": {"Keys": [key]}}}
    )
    with pytest.raises(TransientFault):
        store_of(stubbed.client).read("u-1", "c-1")


def test_a_refused_connection_is_transient():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        store = store_of(client_at(f"http://127.0.0.1:{unheard.getsockname()[1]}"))
        with pytest.raises(TransientFault):
            store.deliver(RECORD)


@contextmanager
def failing(engine: Any, event: str, fault: Exception, times: int) -> Iterator[None]:
    """Raise a fault: with ``before-call`` the request is not sent, with ``after-call`` its answer is lost."""
    left = [fault] * times

    def strike(**_kwargs) -> None:
        if left:
            raise left.pop()

    engine.meta.events.register(event, strike)
    try:
        yield
        assert left == [], "the fault was not met"
    finally:
        engine.meta.events.unregister(event, strike)


CHANGES = {
    "create": request("create", "u-new", change_id="c-1", attributes={"username": "new"}),
    "update": request("update", "u-ada", change_id="c-1", attributes={"username": "new"}),
    "delete": request("delete", "u-ada", change_id="c-1"),
    "rejected": request("create", "u-new", change_id="c-1", attributes={"username": "ada"}),
    "invalid": request("create", "u-new", change_id="c-1"),
}
FAULTS = [
    botocore.exceptions.ReadTimeoutError(endpoint_url="…"),
    botocore.exceptions.ConnectTimeoutError(endpoint_url="…"),
    botocore.exceptions.ConnectionClosedError(endpoint_url="…"),
    botocore.exceptions.EndpointConnectionError(endpoint_url="…"),
]


@pytest.fixture
def ada(execute) -> None:
    execute(request("create", "u-ada", attributes={"username": "ada"}))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_lost_connection_is_tried_again(engine, execute, ada, fault):
    with failing(engine, "before-call.dynamodb", fault, 3):
        answer = execute(CHANGES["update"])
    assert (answer["outcome"], answer["version"], answer["replayed"]) == ("APPLIED", 2, False)


LOST = [
    ("create", "TransactWriteItems"),
    ("create", "PutItem"),
    ("update", "BatchGetItem"),
    ("update", "TransactWriteItems"),
    ("update", "PutItem"),
    ("delete", "TransactWriteItems"),
    ("rejected", "TransactWriteItems"),
    ("invalid", "TransactWriteItems"),
]


@pytest.mark.parametrize("case", LOST, ids="-".join)
def test_a_change_whose_response_was_lost_is_decided_once(engine, execute, ada, case):
    change, operation = case
    lost = botocore.exceptions.ReadTimeoutError(endpoint_url="…")
    with failing(engine, f"after-call.dynamodb.{operation}", lost, 1):
        answer = execute(CHANGES[change])
    assert execute(CHANGES[change]) == {**answer, "replayed": True}


@pytest.mark.parametrize("change", ["create", "update", "delete"])
def test_an_execution_that_died_after_the_write_is_completed_by_the_same_request(
    engine, execute, created_tables, ada, change
):
    checked = {"request": CHANGES[change], "execution_name": "e-1"}
    event = machine.step("validate_change").handler(checked, None)
    written = machine.step("write_change").handler(event, None)
    delivered = items_of(engine, created_tables.ledger)
    assert written["record"] not in delivered
    assert execute(CHANGES[change]) == {**written["answer"], "replayed": True}
    assert items_of(engine, created_tables.ledger).count(written["record"]) == 1


def test_a_fault_that_does_not_pass_ends_the_execution_and_changes_nothing(
    engine, execute, ada, created_tables
):
    before = items_of(engine, created_tables.users)

    def refuse(**_kwargs) -> None:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="…")

    engine.meta.events.register("before-call.dynamodb.TransactWriteItems", refuse)
    try:
        with pytest.raises(machine.ExecutionFailedError) as raised:
            execute(CHANGES["update"])
    finally:
        engine.meta.events.unregister("before-call.dynamodb.TransactWriteItems", refuse)
    assert isinstance(raised.value.__cause__, TransientFault)
    assert items_of(engine, created_tables.users) == before
