"""DynamoDB's client and its typed JSON.

The low-level client and its typed JSON are used as they are: the resource layer costs a cold start and gives
nothing.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from registrar.adapters import aws
from registrar.adapters.faults import transient_faults
from registrar.domain.errors import TransientFault

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ_MAX: Final = 100
"""How many items one BatchGetItem may ask for."""

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def make_client(connections: int = 10) -> "DynamoDBClient":
    """Make a function's client; its short timeouts leave time for a retry within the invocation."""
    made: DynamoDBClient = aws.client(
        "dynamodb",
        read_timeout=3,
        attempts=2,
        max_pool_connections=connections,
        # Only this package builds the requests, and DynamoDB validates them.
        parameter_validation=False,
    )
    return made


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


def batch_get(
    client: "DynamoDBClient",
    table: str,
    keys: list[Any],
    **options: Any,  # noqa: ANN401 - of BatchGetItem
) -> list[dict[str, Any]]:
    """Read up to ``READ_MAX`` items in one request, as typed JSON; what is not there is left out.

    Raises:
        TransientFault: throttled, not reached, or answered only in part; try again.
    """
    request: Any = {"Keys": keys, **options}
    with transient_faults():
        page = client.batch_get_item(RequestItems={table: request})
    if page.get("UnprocessedKeys"):
        raise TransientFault("DynamoDB answered only a part of the read")
    items: Any = page["Responses"].get(table, [])
    return list(items)


def query_items(client: "DynamoDBClient", request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of a Query as plain JSON, page after page.

    Raises:
        TransientFault: throttled or not reached; try again.
    """
    start: dict[str, Any] = {}
    while True:
        with transient_faults():
            page = client.query(**request, **start)
        yield from map(plain, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
