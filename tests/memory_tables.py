"""The Users and the Ledger table in memory, as far as the checker reads them."""

from collections.abc import Iterable
from typing import Any, Final
from zlib import crc32

Item = dict[str, Any]

KEYS: Final = {"users": ("pk",), "ledger": ("user_id", "sequence")}


class MemoryTables:
    """A client of DynamoDB that reads items of plain JSON.

    Items whose keys are no text are not there: DynamoDB would have refused them.

    Attributes:
        items: of each table, by their keys.
    """

    def __init__(self, users: Iterable[Item] = (), records: Iterable[Item] = ()) -> None:
        self.items: dict[str, dict[tuple[str, ...], Item]] = {"users": {}, "ledger": {}}
        for table, items in (("users", users), ("ledger", records)):
            for item in items:
                self.put(table, item)

    def put(self, table: str, item: Item) -> None:
        key = tuple(item.get(name) for name in KEYS[table])
        if all(isinstance(part, str) and part for part in key):
            self.items[table][key] = item

    def scan(self, TableName: str, Segment: int, TotalSegments: int, **_options: Any) -> Item:  # noqa: N803
        found = sorted(self.items[TableName].items())
        return page(item for key, item in found if crc32(key[0].encode()) % TotalSegments == Segment)

    def query(self, TableName: str, ExpressionAttributeValues: Any, **_options: Any) -> Item:  # noqa: N803
        user_id = ExpressionAttributeValues[":user"]["S"]
        prefix = ExpressionAttributeValues.get(":prefix", {"S": ""})["S"]
        found = sorted(self.items[TableName].items())
        return page(item for key, item in found if key[0] == user_id and key[1].startswith(prefix))

    def batch_get_item(self, RequestItems: Any) -> Item:  # noqa: N803
        ((table, request),) = RequestItems.items()
        keys = [tuple(key[name]["S"] for name in KEYS[table]) for key in request["Keys"]]
        assert len(keys) == len(set(keys)) <= 100
        items = self.items[table]
        return {"Responses": {table: page(items[key] for key in keys if key in items)["Items"]}}


def page(items: Iterable[Item]) -> Item:
    return {"Items": [typed(item)["M"] for item in items]}


def typed(value: Any) -> Item:
    """Return a JSON value in DynamoDB's typed JSON; unlike boto3's serializer it takes every number."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": repr(value)}
        case dict():
            return {"M": {name: typed(inner) for name, inner in value.items()}}
        case _:
            return {"L": [typed(inner) for inner in value]}
