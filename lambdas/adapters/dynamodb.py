"""DynamoDB's client, its faults and its typed JSON.

The low-level client and its typed JSON are used as they are: the resource layer costs a cold start and gives
nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnectedError

from registrar.errors import TransientFault

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
        "TransactionConflictException",
    }
)

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def client_from_environment() -> "DynamoDBClient":
    """Make a function's client; its short timeouts leave time for a retry within the invocation."""
    return boto3.client(
        "dynamodb",
        config=Config(
            connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}
        ),
    )


@contextmanager
def transient_faults() -> Iterator[None]:
    """Turn what passes by itself into TransientFault; let the rest through."""
    try:
        yield
    except (HTTPClientError, NotConnectedError) as error:
        raise TransientFault(type(error).__name__) from error
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
        # A cancellation is final only when conditions alone gave it.
        mixed = reasons and not set(reasons) <= {"None", None, "ConditionalCheckFailed"}
        if code in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR or mixed:
            raise TransientFault(code) from error
        raise


def cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    """Return a cancelled transaction's reasons, one a write."""
    reasons: Any = error.response["CancellationReasons"]
    return list(reasons)


def plain(item: Any) -> dict[str, Any]:  # noqa: ANN401 - DynamoDB's typed JSON
    """Return an item as plain JSON; every number in these tables is an integer."""
    return {name: _integers(_deserializer.deserialize(value)) for name, value in item.items()}


def _integers(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {name: _integers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_integers(inner) for inner in value]
    return value if isinstance(value, str | bool | None) else int(value)


def item_of(plain_item: dict[str, Any]) -> dict[str, Any]:
    """Return plain JSON as an item in DynamoDB's typed JSON."""
    return {name: _serializer.serialize(value) for name, value in plain_item.items()}
