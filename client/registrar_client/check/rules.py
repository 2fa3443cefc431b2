"""The rules of records, users and names, implemented a second time on purpose.

The checker uses no code of the write path: these are the rules that docs/architecture.md describes.
"""

import hashlib
import json
import unicodedata
from typing import Any, Final

import orjson

GENESIS: Final = "0" * 64
BESIDE_THE_CHAIN: Final = frozenset({"reason", "changes", "errors", "request_hash"})
COMMITTED: Final = (*BESIDE_THE_CHAIN, "salt")
NOT_HASHED: Final = BESIDE_THE_CHAIN | {"salt", "hash"}
SHARDS: Final = 8
NAMES: Final = ("email", "username")

Item = dict[str, Any]


def canonical(value: Item) -> bytes:
    """Return the canonical form of a JSON object: keys sorted, no white space, UTF-8."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # Lone surrogates and integers beyond 64 bits; much slower.
        plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return plain.encode("utf-8", "surrogatepass")


def sha256(value: Item) -> str:
    """Return the SHA-256 of a JSON object's canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether two JSON values are the same; in Python, True equals 1."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def commitment(record: Item) -> str:
    """Compute the commitment to the fields that the hash does not cover."""
    return sha256({name: record[name] for name in COMMITTED if name in record})


def record_hash(record: Item) -> str:
    """Compute the hash of all other fields."""
    return sha256({name: value for name, value in record.items() if name not in NOT_HASHED})


def sequences(record: Item) -> set[str]:
    """Return the sequences that a record may have."""
    if record.get("outcome") == "APPLIED":
        version = record.get("version")
        return {f"v#{version:012d}"} if isinstance(version, int) else set()
    if record.get("outcome") == "REJECTED":
        rejected = f"r#{record.get('change_id')}"
        return {rejected, f"{rejected}#{record.get('request_hash')}"}
    return set()


def is_reuse(record: Item) -> bool:
    """Return whether a record is of a reused change_id, whose receipt belongs to another change."""
    return str(record.get("sequence")).count("#") > 1


def held_names(user: Item) -> list[tuple[str, str]]:
    """Return the names that a user must hold, each as ``kind#normal form`` and ``kind#older form``.

    It is held under one of the two; for most names they are the same.
    """
    if user.get("status") == "deleted":
        return []
    given = [(kind, user[kind]) for kind in NAMES if isinstance(user.get(kind), str)]
    return [(f"{kind}#{normal_form(name)}", f"{kind}#{first_form(name)}") for kind, name in given]


def normal_form(name: str) -> str:
    """Return a name's normal form: NFD, case-folded, NFKC, repeated until nothing changes."""
    form, last = unicodedata.normalize("NFD", name), ""
    while form != last:
        last = form
        form = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", form).casefold())
    return form


def first_form(name: str) -> str:
    """Return the older form, which the first release used: NFKC, then case-folded."""
    return unicodedata.normalize("NFKC", name).casefold()


class Fold:
    """The user that its applied records add up to, in the order of their versions."""

    def __init__(self, user_id: str) -> None:
        self.version = 0
        self.head = GENESIS
        self._user_id = user_id
        self._attributes: Item = {}
        self._created_at: Any = None
        self._updated_at: Any = None

    def add(self, record: Item) -> dict[str, tuple[Any, Any]]:
        """Apply the next record; return what is wrong with it, as code to (expected, found)."""
        wrong: dict[str, tuple[Any, Any]] = {}
        self.version += 1
        if record.get("version") != self.version:
            wrong["version_gap"] = (self.version, record.get("version"))
        if record.get("previous_hash") != self.head:
            wrong["chain_broken"] = (self.head, record.get("previous_hash"))
        changes = record.get("changes", {})
        if not isinstance(changes, dict) or not all(isinstance(side, dict) for side in changes.values()):
            wrong["changes_malformed"] = ("an object of {before, after}", changes)
            changes = {}
        before = {name: side["before"] for name, side in changes.items() if "before" in side}
        stood = {name: self._attributes[name] for name in changes if name in self._attributes}
        if before != stood:
            wrong["before_differs"] = (stood, before)
        for name, side in changes.items():
            self._attributes.pop(name, None)
            if "after" in side:
                self._attributes[name] = side["after"]
        if record.get("action") == "create":
            self._created_at = record.get("recorded_at")
        self.deleted = record.get("action") == "delete"
        self._updated_at = record.get("recorded_at")
        self.head = str(record.get("hash"))
        return wrong

    def user(self) -> Item | None:
        """Return the user's item as it must be, None when there must be none."""
        if self.version == 0:
            return None
        item = {
            "pk": f"USER#{self._user_id}",
            "user_id": self._user_id,
            "version": self.version,
            "head": self.head,
            "created_at": self._created_at,
            "updated_at": self._updated_at,
            **self._attributes,
        }
        if self.deleted:
            return {**item, "status": "deleted"}
        shard = hashlib.sha256(self._user_id.encode()).digest()[0] % SHARDS
        return {**item, "listing": f"{item.get('status')}#{shard}"}
