"""Exports users and the ledger from the tables, in memory that does not grow with them."""

import csv
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, TextIO

from registrar_client.check.merge import merged
from registrar_client.check.rules import Item
from registrar_client.check.tables import Tables

COLUMNS: Final = ("user_id", "username", "email", "display_name", "status", "tags")
ATTRIBUTES: Final = COLUMNS[1:]

# Cells that a spreadsheet may run as a formula, and \N, which stands for no value in an import: they get a
# leading ', which an import removes by the same pattern (https://owasp.org/www-community/attacks/CSV_Injection).
_GUARDED: Final = re.compile(
    r"'*[\s\ufeff\u200b-\u200f\u2060]*[\x00-\x1f=+\-@|%\\\uff1d\uff0b\uff0d\uff20\uff5c\uff05]"
)


def live_users(tables: Tables, segments: int) -> Iterator[Item]:
    """Yield all live users, in no order; eventually consistent."""
    yield from merged([chain.from_iterable(tables.live_users(n, segments)) for n in range(segments)])


def records(tables: Tables, segments: int) -> Iterator[Item]:
    """Yield all audit records, in no order; strongly consistent."""
    yield from merged([chain.from_iterable(tables.scan("Ledger", n, segments)) for n in range(segments)])


def write_csv(users: Iterator[Item], file: TextIO) -> int:
    """Write users in the format that an import takes; return how many there were."""
    lines = csv.writer(file, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    count = 0
    for user in users:
        lines.writerow([_cell(user.get(name)) for name in COLUMNS])
        count += 1
    return count


def write_jsonl(users: Iterator[Item], file: TextIO) -> int:
    """Write users in the format that an import takes; return how many there were."""

    def line(user: Item) -> Item:
        attributes = {name: user[name] for name in ATTRIBUTES if name in user}
        return {"user_id": user["user_id"], "attributes": attributes}

    return write_lines(map(line, users), file)


def write_lines(values: Iterator[Any], file: TextIO) -> int:
    """Write JSON Lines; return how many there were."""
    count = 0
    for value in values:
        file.write(json.dumps(value, ensure_ascii=False) + "\n")
        count += 1
    return count


def _cell(value: Any) -> str:  # noqa: ANN401 - of an attribute
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if _GUARDED.match(text) else text
