"""Canonical JSON and its hash: the form from which every hash is computed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""A JSON value that has been validated; until then it is ``Any``."""

JsonObject = Mapping[str, Json]


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Write a JSON value in its one canonical form.

    Keys sorted, no white space, UTF-8. For what records hold (strings, integers, booleans, null; ASCII keys)
    this is RFC 8785. Requests may hold anything, so lone surrogates are encoded rather than refused.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def sha256_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the SHA-256 of a value's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def pruned(value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with null for each object or array that lies deeper than ``depth`` levels.

    To write or walk an untrusted value as it is could exhaust the stack.
    """
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return None
    if isinstance(value, dict):
        return {name: pruned(inner, depth - 1) for name, inner in value.items()}
    return [pruned(inner, depth - 1) for inner in value]
