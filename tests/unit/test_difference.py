"""Two multisets held against each other in constant memory."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar_client.check.difference import BUCKETS, Difference

KEYS = st.text(max_size=8)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
ITEMS = st.tuples(KEYS, st.dictionaries(st.text(max_size=3), VALUES, max_size=3))


def difference(ones: list[tuple[str, Any]], others: list[tuple[str, Any]]) -> Difference:
    found = Difference()
    for key, item in ones:
        found.add(key, item)
    for key, item in others:
        found.subtract(key, item)
    return found


@given(st.lists(ITEMS, max_size=8), st.randoms())
def test_the_same_items_in_any_order_are_no_difference(items, chance: random.Random):
    others = chance.sample(items, len(items))
    found = difference(items, others)
    assert not found
    assert not any(key in found for key, _ in items)


@given(st.lists(ITEMS, max_size=8), ITEMS)
def test_an_item_more_on_either_side_is_found_where_it_is(items, extra):
    # One that is there already counts, too: these are no sets.
    for found in (difference([*items, extra], items), difference(items, [extra, *items])):
        assert found
        assert extra[0] in found


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {"a": True}), ({"a": 1}, {"a": 1.0}), ({"a": None}, {}), ({"a": 0}, {"a": ""})],
)
def test_what_python_takes_for_equal_is_a_difference(one, other):
    assert "k" in difference([("k", one)], [("k", other)])


def test_what_is_marked_is_looked_at_though_the_items_are_the_same():
    found = difference([("k", {})], [("k", {})])
    found.mark("k")
    assert found
    assert "k" in found


def test_two_processes_hash_alike_in_nothing():
    # Whoever knew the hash could write items that cancel out.
    assert difference([("k", {})], [])._sums != difference([("k", {})], [])._sums  # noqa: SLF001


def test_most_keys_do_not_look_different_because_of_one():
    found = difference([("k", {})], [])
    assert sum(str(number) in found for number in range(1000)) < 1000 * 1000 / BUCKETS + 10
