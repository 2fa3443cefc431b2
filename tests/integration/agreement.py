"""An outsider's check that the two tables agree: plain, and apart from the code that writes them.

Only the chain is verified with the project's own verifier.
"""

import unicodedata
from collections import defaultdict
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from registrar import chain
from tests.integration.tables import Tables

Item = dict[str, Any]


def items_of(client: Any, table: str) -> list[Item]:
    """Return every item of a table, with plain values."""
    read = TypeDeserializer().deserialize
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [_integers({k: read(v) for k, v in item.items()}) for page in pages for item in page["Items"]]


def disagreements(client: Any, tables: Tables) -> list[str]:
    """Return every way in which users, names, receipts and ledger do not fit together."""
    items: dict[str, dict[str, Item]] = defaultdict(dict)
    for item in items_of(client, tables.users):
        kind, _, key = item["pk"].partition("#")
        items[kind][key] = item
    ledger = items_of(client, tables.ledger)
    by_user: dict[str, list[Item]] = defaultdict(list)
    for record in ledger:
        by_user[record["user_id"]].append(record)
    found = [*_names(items), *_receipts(items["CHANGE"], ledger)]
    for user_id in items["USER"].keys() | by_user.keys():
        found += [f"{user_id}: {fault}" for fault in _trail(items["USER"].get(user_id), by_user[user_id])]
    return found


def _names(items: dict[str, dict[str, Item]]) -> list[str]:
    wanted = {}
    for user_id, user in items["USER"].items():
        for kind in ("email", "username"):
            if user["status"] == "deleted" and kind in user:
                return [f"{user_id}: the tombstone keeps its {kind}"]
            if kind in user:
                wanted[f"{kind}#{unicodedata.normalize('NFKC', user[kind]).casefold()}"] = user_id
    held = {name: item["user_id"] for name, item in items["NAME"].items()}
    live = sum(kind in user for user in items["USER"].values() for kind in ("email", "username"))
    return [f"names: held {held}, wanted {wanted}"] if held != wanted or live != len(wanted) else []


def _receipts(receipts: dict[str, Item], ledger: list[Item]) -> list[str]:
    found = []
    decided = {}
    for record in ledger:
        # A refused re-use is no decision of the change whose id it used: three parts, not two.
        if record["sequence"].count("#") == 1:
            if record["change_id"] in decided:
                found.append(f"{record['change_id']}: two records in the ledger")
            decided[record["change_id"]] = {"pk": f"CHANGE#{record['change_id']}", **record}
    if decided != receipts:
        found.append(f"receipts {sorted(receipts)}, ledger {sorted(decided)}, or their contents differ")
    return found


def _trail(user: Item | None, records: list[Item]) -> list[str]:
    applied = sorted((r for r in records if r["outcome"] == "APPLIED"), key=lambda r: r["version"])
    versions = [record["version"] for record in applied]
    found = chain.verify(records, user["head"] if user else None)
    if versions != list(range(1, (user["version"] if user else 0) + 1)):
        found.append(f"versions {versions}, user {user}")
    state: Item = {}
    for record in applied:
        for name, sides in record["changes"].items():
            state.pop(name, None)
            state |= {name: sides["after"]} if "after" in sides else {}
    fields = ("username", "email", "display_name", "status", "tags")
    stands = {name: user[name] for name in fields if name in user} if user else {}
    if user and user["status"] == "deleted":
        del stands["status"]
    if stands != state:
        found.append(f"the records lead to {state}, the user is {stands}")
    return found


def _integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _integers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_integers(inner) for inner in value]
    return value if isinstance(value, str | bool | None) else int(value)
