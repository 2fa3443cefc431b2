"""The two tables, read page by page with strongly consistent reads."""

import random
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from botocore.exceptions import ClientError

from registrar_client.check.rules import Item

READ_MAX: Final = 100
"""So many items one BatchGetItem may ask for."""

PAUSE_SECONDS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Before what a BatchGetItem left out is asked for again."""

TableName = Literal["Users", "Ledger"]


class IncompleteRead(Exception):  # noqa: N818 - what happened, not who is at fault
    """DynamoDB kept answering only a part of what was asked for; the table is too busy."""


class Tables:
    """Reads of the Users and the Ledger table, as plain JSON.

    Raises:
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the tables cannot be read.
        IncompleteRead: they are too busy.
    """

    def __init__(self, client: Any, users: str, ledger: str) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._names = {"Users": users, "Ledger": ledger}

    def item_count(self) -> int | None:
        """Return about how many items there are, None when nobody says so.

        DynamoDB counts every six hours, and some roles may read a table and not describe it.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
        """
        try:
            tables = [self._client.describe_table(TableName=name)["Table"] for name in self._names.values()]
        except ClientError:
            return None
        return sum(table.get("ItemCount", 0) for table in tables) or None

    def scan(self, table: TableName, segment: int, segments: int) -> Iterator[list[Item]]:
        """Yield the pages of one of a table's segments."""
        yield from self._pages(
            self._client.scan, TableName=self._names[table], Segment=segment, TotalSegments=segments
        )

    def live_users(self, segment: int, segments: int) -> Iterator[list[Item]]:
        """Yield the pages of one of the segments of the index of live users, eventually consistent."""
        yield from self._pages(
            self._client.scan,
            TableName=self._names["Users"],
            IndexName="by_status",
            Segment=segment,
            TotalSegments=segments,
            ConsistentRead=False,
        )

    def trail(self, user_id: str, prefix: str = "") -> Iterator[list[Item]]:
        """Yield the pages of a user's records whose sequence has a prefix, in order of their sequence."""
        condition, values = "user_id = :user", {":user": {"S": user_id}}
        if prefix:
            condition, values = (
                f"{condition} AND begins_with(#s, :prefix)",
                {**values, ":prefix": {"S": prefix}},
            )
        names = {"ExpressionAttributeNames": {"#s": "sequence"}} if prefix else {}
        yield from self._pages(
            self._client.query,
            TableName=self._names["Ledger"],
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            **names,
        )

    def users(self, keys: Iterable[str]) -> dict[str, Item]:
        """Return the items of the Users table that are there, by their ``pk``."""
        items = self._get("Users", ({"pk": {"S": key}} for key in dict.fromkeys(keys)))
        return {item["pk"]: item for item in items}

    def records(self, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        """Return the records that are there, by user_id and sequence."""
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
        for pause in (*PAUSE_SECONDS, None):
            page = self._client.batch_get_item(RequestItems=left)
            yield from (plain(item) for item in page["Responses"].get(name, []))
            left = page.get("UnprocessedKeys")
            if not left:
                return
            if pause is not None:
                time.sleep(random.uniform(0, pause))  # noqa: S311 - no secret
        raise IncompleteRead(name)


def plain(item: dict[str, Any]) -> Item:
    """Return an item of DynamoDB's typed JSON as plain JSON."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    ((kind, content),) = value.items()
    if kind == "M":
        return plain(content)
    if kind == "L":
        return [_plain(each) for each in content]
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else float(content)
    # A set or bytes belong in neither table: they differ from whatever is expected.
    return None if kind == "NULL" else content if kind in ("S", "BOOL") else repr(content)
