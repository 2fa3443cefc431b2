"""The golden files of a release: JSON, an object a line where it fits."""

import json
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
WIDTH: Final = 110
Item = dict[str, Any]
REPORTS: Final = ("report.csv", "failed.csv", "failed.jsonl", "summary.json")
"""What an import says in the end."""


def releases() -> list[str]:
    """Return the releases that were recorded, oldest first."""
    found = [path.parent.name for path in FOLDER.glob("*/calls.json")]
    return sorted(found, key=lambda name: [int(part) for part in name.split(".")])


def read(release: str, name: str) -> Any:
    return json.loads((FOLDER / release / f"{name}.json").read_text(encoding="utf-8"))


def write(release: str, name: str, value: Any) -> None:
    (FOLDER / release).mkdir(exist_ok=True)
    (FOLDER / release / f"{name}.json").write_text(f"{pretty(value)}\n", encoding="utf-8")


def pretty(value: Any, indent: str = "") -> str:
    """Return JSON text with what is short on one line; keys keep their order."""
    line = json.dumps(value)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = f"{indent} "
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {pretty(each, inner)}" for name, each in value.items()]
        opening, closing = "{}"
    else:
        parts = [pretty(each, inner) for each in value]
        opening, closing = "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"


def bucket_as_json(objects: dict[tuple[str, str], bytes]) -> dict[str, Any]:
    """Return the objects of a bucket by key: JSON as its value, anything else as text.

    Raises:
        AssertionError: a JSON object is not written as ``bucket_of`` would write it.
    """
    found = {key: content for (_, key), content in sorted(objects.items())}
    value = {
        key: json.loads(content) if key.endswith(".json") else content.decode()
        for key, content in found.items()
    }
    assert bucket_of(value, "b") == {("b", key): content for key, content in found.items()}
    return value


def bucket_of(value: dict[str, Any], bucket: str) -> dict[tuple[str, str], bytes]:
    """Read back what ``bucket_as_json`` returned, every byte of it."""
    return {
        (bucket, key): content_of(content) if key.endswith(".json") else content.encode()
        for key, content in value.items()
    }


def content_of(value: Any) -> bytes:
    """Return a JSON object as imports keep it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def users_as_json(users: list[Item], ledger: list[Item]) -> list[Item]:
    """Return the Users table's items without the receipts whose record is in the ledger."""
    kept = [item for item in users if item not in _receipts_of(ledger)]
    assert users_of(kept, ledger) == users
    return kept


def users_of(kept: list[Item], ledger: list[Item]) -> list[Item]:
    """Read back what ``users_as_json`` returned."""
    return sorted([*kept, *_receipts_of(ledger)], key=lambda item: item["pk"]["S"])


def _receipts_of(ledger: list[Item]) -> list[Item]:
    """Return the receipts of records: the same under another key; the re-use of an id has none."""
    return [
        dict(sorted({**record, "pk": {"S": f"CHANGE#{record['change_id']['S']}"}}.items()))
        for record in ledger
        if record["sequence"]["S"].count("#") == 1
    ]
