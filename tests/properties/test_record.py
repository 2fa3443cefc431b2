"""Records as JSON: what is no record is refused, and what is one comes back to the letter."""

import copy
import json
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registrar.adapters.dynamodb import item_of
from registrar.adapters.items import receipt_item, record_of
from registrar.domain.canonical import canonical_json
from registrar.domain.errors import BrokenSeal
from registrar.domain.record import Record
from tests.properties.strategies import HISTORIES, JSON, WORDS, Tables, places

FIELDS = {each.name for each in fields(Record)} - {"more"}
TEXTS = FIELDS - {"version", "actor", "changes", "errors"}


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Return a record of a history."""
    tables = Tables()
    for request in draw(HISTORIES):
        tables.send(request)
    return draw(st.sampled_from(tables.ledger))


@given(records())
def test_a_record_comes_back_from_json_and_from_the_tables(record: Record):
    assert record.is_sealed()
    assert Record.sealed(json.loads(json.dumps(record.as_json()))) == record
    assert record_of(item_of(record.as_json())) == record_of(receipt_item(record)) == record
    # A reader of JSON keeps the order of no object.
    assert Record.from_json(dict(reversed(record.as_json().items()))).hash == record.hash


@given(records(), st.data(), JSON)
def test_json_is_refused_or_comes_back_to_the_letter(record: Record, data: st.DataObject, other: Any):
    value = copy.deepcopy(record.as_json())
    place, name = data.draw(st.sampled_from(list(places(value))))
    kind = data.draw(st.sampled_from(["replace", "replace", "remove", "add"]))
    if kind == "remove":
        del place[name]
    elif kind == "replace":
        place[name] = other
    elif isinstance(place, dict):
        place[f"{name}x"] = other
    else:
        place.append(other)
    unaltered = canonical_json(value) == canonical_json(record.as_json())
    try:
        read = Record.from_json(value)
    except BrokenSeal:
        assert not unaltered
        return
    assert canonical_json(read.as_json()) == canonical_json(value)
    assert read.is_sealed() == unaltered


@given(records(), st.sampled_from(sorted(FIELDS)), JSON)
def test_every_field_of_another_type_is_refused(record: Record, name: str, other: Any):
    if name in TEXTS:
        assume(not isinstance(other, str))
    elif name == "version":
        assume(type(other) is not int)
    elif name == "errors":
        assume(other != [])
    else:
        assume(not isinstance(other, dict))
    value = {**record.as_json(), name: other}
    with pytest.raises(BrokenSeal, match=re.escape(str(value["sequence"]))):
        Record.from_json(value)


@given(st.one_of(JSON, st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON)))
def test_any_other_object_is_no_record(value: Any):
    assume(isinstance(value, dict))
    with pytest.raises(BrokenSeal):
        Record.from_json(value)


@given(records(), st.dictionaries(WORDS, JSON, min_size=1, max_size=3))
def test_fields_that_are_not_known_are_kept_and_sealed(record: Record, more: dict[str, Any]):
    assume(not more.keys() & FIELDS)
    read = Record.from_json({**record.as_json(), **more})
    assert read.more == more
    assert not read.is_sealed()
    sealed = read.seal("0" * 32)
    assert sealed.is_sealed()
    assert Record.sealed(sealed.as_json()) == sealed
    assert sealed.hash != record.hash
