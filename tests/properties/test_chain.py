"""The verifier takes every honest trail and finds every single thing that was done to one."""

import copy
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from registrar.domain.canonical import canonical_json
from registrar.domain.chain import verify
from registrar.domain.record import ERASABLE, applied_sequence, commitment_of, hash_of
from tests.properties.strategies import HISTORIES, JSON, Tables, places

Trail = list[dict[str, Any]]


@st.composite
def tables(draw: st.DrawFn) -> Tables:
    """Return what a history left; u-1 has at least one applied record."""
    result = Tables()
    start = {"action": "create", "user_id": "u-1", "actor": {"id": "admin-7", "type": "user"}}
    for request in [{**start, "attributes": {"tags": {"team": "blue"}}, "reason": "start"}, *draw(HISTORIES)]:
        result.send(request)
    return result


def applied(trail: Trail) -> Trail:
    return [record for record in trail if record["outcome"] == "APPLIED"]


def reseal(record: dict[str, Any]) -> None:
    """Do what a forger does who knows how records are sealed."""
    record["commitment"] = commitment_of(record)
    record["hash"] = hash_of(record)


@given(tables(), st.data(), JSON)
def test_any_altered_added_or_removed_value_is_found(history: Tables, data: st.DataObject, other: Any):
    trail = copy.deepcopy(history.trail("u-1"))
    place, name = data.draw(st.sampled_from([p for record in trail for p in places(record)]))
    kind = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if kind == "remove":
        del place[name]
    elif kind == "replace":
        assume(canonical_json(place[name]) != canonical_json(other))
        place[name] = other
    elif isinstance(place, dict):
        place[f"{name}x"] = other
    else:
        place.append(other)
    assert verify(trail, history.head("u-1"))


@given(tables(), st.data())
def test_a_dropped_applied_record_is_found(history: Tables, data: st.DataObject):
    trail = history.trail("u-1")
    dropped = data.draw(st.sampled_from(applied(trail)))
    assert verify([record for record in trail if record is not dropped], history.head("u-1"))


@given(tables(), st.data())
def test_a_shortened_trail_is_found_by_the_users_head(history: Tables, data: st.DataObject):
    trail = history.trail("u-1")
    keep = data.draw(st.integers(0, len(applied(trail)) - 1))
    rejected = [
        record for record in trail if record["outcome"] == "REJECTED" and record.get("version", 0) <= keep
    ]
    kept = applied(trail)[:keep] + rejected
    faults = verify(kept, history.head("u-1"))
    assert faults == [f"{applied_sequence(keep)}: the user's head names another newest record"]


@given(tables(), st.data())
def test_swapped_records_are_found(history: Tables, data: st.DataObject):
    trail = copy.deepcopy(history.trail("u-1"))
    assume(len(trail) > 1)
    one, two = data.draw(st.permutations(trail))[:2]
    fields = sorted(name for name in one.keys() & two.keys() if one[name] != two[name])
    name = data.draw(st.sampled_from(fields))
    one[name], two[name] = two[name], one[name]
    assert verify(trail, history.head("u-1"))


@given(tables(), st.data())
def test_another_users_record_is_found(history: Tables, data: st.DataObject):
    foreign = history.trail("u-2")
    assume(foreign)
    place = data.draw(st.integers(0, len(history.trail("u-1"))))
    trail = history.trail("u-1")
    trail.insert(place, data.draw(st.sampled_from(foreign)))
    assert verify(trail, history.head("u-1"))


@given(tables(), st.data(), st.booleans())
def test_a_version_that_is_there_twice_is_found(history: Tables, data: st.DataObject, forged: bool):
    trail = history.trail("u-1")
    twin = copy.deepcopy(data.draw(st.sampled_from(applied(trail))))
    if forged:
        twin["reason"] = "another"
        reseal(twin)
    assert verify([*trail, twin], history.head("u-1"))


@given(tables(), st.data())
def test_a_forged_record_with_a_fitting_seal_is_found_by_what_follows_it(
    history: Tables, data: st.DataObject
):
    trail = copy.deepcopy(history.trail("u-1"))
    record = data.draw(st.sampled_from(applied(trail)))
    record["actor"] = {"id": "nobody", "type": "user"}
    reseal(record)
    faults = verify(trail, history.head("u-1"))
    last = record is applied(trail)[-1]
    assert any(("head" if last else "does not follow") in fault for fault in faults)


@given(tables(), st.data())
def test_erased_data_is_reported_as_such_while_the_chain_still_holds(history: Tables, data: st.DataObject):
    trail = copy.deepcopy(history.trail("u-1"))
    record = data.draw(st.sampled_from(trail))
    erased = data.draw(st.sets(st.sampled_from(sorted(record.keys() & {*ERASABLE, "salt"})), min_size=1))
    for name in erased:
        del record[name]
    faults = verify(trail, history.head("u-1"))
    assert faults == [f"{record['sequence']}: the commitment does not fit the erasable fields"]
    assert hash_of(record) == record["hash"]
