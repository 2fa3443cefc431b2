"""The two tables, read page by page with strongly consistent reads."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from botocore.exceptions import ClientError

from registrar_client.check.rules import Item
from registrar_client.retry import Retry

READ_MAX: Final = 100
"""The most keys that one BatchGetItem takes."""

RETRY: Final = Retry(attempts=8, first_seconds=0.05, max_seconds=3.2)
"""Of keys that a BatchGetItem leaves unprocessed."""

TableName = Literal["Users", "Ledger"]


class IncompleteRead(Exception):  # noqa: N818 - what happened, not who is at fault
    """DynamoDB throttled the reads of a table, however often they were retried."""


class Tables:
    """Reads of the Users and the Ledger table, as plain JSON.

    Raises:
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the tables cannot be read.
        IncompleteRead: their reads are throttled.
    """

    def __init__(self, client: Any, users: str, ledger: str) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._names = {"Users": users, "Ledger": ledger}

    def item_count(self) -> int | None:
        """Return about how many items there are, None when that is not known.

        DynamoDB counts every six hours, and a role may be allowed to read a table but not to describe it.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
        """
        try:
            tables = [self._client.describe_table(TableName=name)["Table"] for name in self._names.values()]
        except ClientError:
            return None
        return sum(table.get("ItemCount", 0) for table in tables) or None

    def scan(
        self, table: TableName, segment: int, segments: int, **options: str | bool
    ) -> Iterator[list[Item]]:
        """Yield the pages of a segment of a table."""
        part = {"TableName": self._names[table], "Segment": segment, "TotalSegments": segments}
        yield from self._pages(self._client.scan, **part, **options)

    def live_users(self, segment: int, segments: int) -> Iterator[list[Item]]:
        """Yield the pages of a segment of the index of live users, eventually consistent."""
        yield from self.scan("Users", segment, segments, IndexName="by_status", ConsistentRead=False)

    def trail(self, user_id: str, prefix: str = "") -> Iterator[list[Item]]:
        """Yield the pages of a user's records whose sequence has this prefix, ordered by sequence."""
        request: dict[str, Any] = {
            "KeyConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": {":user": {"S": user_id}},
        }
        if prefix:
            request["KeyConditionExpression"] += " AND begins_with(#s, :prefix)"
            request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
            request["ExpressionAttributeNames"] = {"#s": "sequence"}
        yield from self._pages(self._client.query, TableName=self._names["Ledger"], **request)

    def users(self, keys: Iterable[str]) -> dict[str, Item]:
        """Return those items of the Users table that exist, by their ``pk``."""
        items = self._get("Users", ({"pk": {"S": key}} for key in dict.fromkeys(keys)))
        return {item["pk"]: item for item in items}

    def records(self, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        """Return those records that exist, by user_id and sequence."""
        keys = ({"user_id": {"S": user}, "sequence": {"S": at}} for user, at in dict.fromkeys(places))
        return {(item["user_id"], item["sequence"]): item for item in self._get("Ledger", keys)}

    def _pages(self, read: Any, **request: Any) -> Iterator[list[Item]]:  # noqa: ANN401 - a client's method
        while True:
            page = read(**{"ConsistentRead": True, **request})
            yield [plain(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _get(self, table: TableName, keys: Iterable[Any]) -> Iterator[Item]:
        wanted = list(keys)
        for start in range(0, len(wanted), READ_MAX):
            yield from self._get_some(self._names[table], wanted[start : start + READ_MAX])

    def _get_some(self, name: str, keys: list[Any]) -> Iterator[Item]:
        left: Any = {name: {"Keys": keys, "ConsistentRead": True}}
        attempt = 0
        while True:
            attempt += 1
            page = self._client.batch_get_item(RequestItems=left)
            yield from (plain(item) for item in page["Responses"].get(name, []))
            left = page.get("UnprocessedKeys")
            if not left:
                return
            pause = RETRY.pause(attempt)
            if pause is None:
                raise IncompleteRead(f"DynamoDB throttles the reads of table {name}: try again later")
            time.sleep(pause)


def plain(item: dict[str, Any]) -> Item:
    """Convert an item from DynamoDB's typed JSON to plain JSON."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    ((kind, content),) = value.items()
    if kind == "M":
        return plain(content)
    if kind == "L":
        return [_plain(each) for each in content]
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else float(content)
    # Neither table has sets or binary values: their text differs from any expected value.
    return None if kind == "NULL" else content if kind in ("S", "BOOL") else repr(content)
