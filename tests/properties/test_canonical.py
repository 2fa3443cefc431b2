"""Canonical JSON is one form a value: it says all of the value and nothing of how the value was written."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from registrar.domain.canonical import canonical_json, pruned
from tests.properties.strategies import JSON


@given(JSON)
def test_canonical_json_reads_back_as_the_same_value(value: Any):
    assert json.loads(canonical_json(value)) == value
    assert canonical_json(json.loads(json.dumps(value, indent=2))) == canonical_json(value)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=6))
def test_canonical_json_does_not_follow_key_order(value: dict[str, Any]):
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@given(JSON, st.integers(0, 8))
def test_pruning_leaves_at_most_so_many_levels_and_changes_nothing_above(value: Any, depth: int):
    def levels(inner: Any) -> int:
        if isinstance(inner, dict | list):
            parts = inner.values() if isinstance(inner, dict) else inner
            return 1 + max(map(levels, parts), default=0)
        return 0

    assert levels(pruned(value, depth)) == min(levels(value), depth)
    assert pruned(value, levels(value)) == value
