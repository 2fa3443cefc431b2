"""The checker takes every honest trail and finds every single thing that was done to one."""

import copy
import json
import math
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from registrar.domain.canonical import canonical_json
from registrar.domain.record import ERASABLE, applied_sequence, commitment_of, hash_of
from registrar_client.check import Checker
from tests.memory_tables import MemoryTables
from tests.properties.strategies import HISTORIES, JSON, Tables, places

Item = dict[str, Any]


@st.composite
def tables(draw: st.DrawFn) -> MemoryTables:
    """Return what a history left; u-1 has at least one applied record."""
    result = Tables()
    start = {"action": "create", "user_id": "u-1", "actor": {"id": "admin-7", "type": "user"}}
    for request in [{**start, "attributes": {"tags": {"team": "blue"}}, "reason": "start"}, *draw(HISTORIES)]:
        result.send(request)
    return result.stored()


def faults(stored: MemoryTables) -> set[tuple[str, str]]:
    return {(found.code, found.key) for found in Checker(stored, "users", "ledger").check(segments=1)}


def trail(stored: MemoryTables, user_id: str = "u-1") -> list[Item]:
    return [record for (owner, _), record in sorted(stored.items["ledger"].items()) if owner == user_id]


def applied(stored: MemoryTables) -> list[Item]:
    return [record for record in trail(stored) if record["outcome"] == "APPLIED"]


def drop(stored: MemoryTables, record: Item) -> None:
    """Remove a record with its receipt: the two tables still have one for the other."""
    del stored.items["ledger"][record["user_id"], record["sequence"]]
    del stored.items["users"][f"CHANGE#{record['change_id']}",]


def put(stored: MemoryTables, record: Item) -> None:
    """Put a record with its receipt."""
    stored.put("ledger", record)
    stored.put("users", {"pk": f"CHANGE#{record['change_id']}", **record})


def reseal(record: Item) -> None:
    """Do what a forger does who knows how records are sealed."""
    record["commitment"] = commitment_of(record)
    record["hash"] = hash_of(record)


@given(tables())
def test_what_an_honest_history_leaves_is_clean(stored: MemoryTables):
    assert faults(stored) == set()


@given(tables(), st.data(), JSON, st.booleans())
def test_any_altered_added_or_removed_value_of_a_record_is_found(
    stored: MemoryTables, data: st.DataObject, other: Any, in_the_receipt_too: bool
):
    record = data.draw(st.sampled_from(trail(stored)))
    altered = copy.deepcopy(record)
    place, name = data.draw(st.sampled_from(list(places(altered))))
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
    # No table holds an infinite number.
    assume(all(not isinstance(p[n], float) or math.isfinite(p[n]) for p, n in places(altered)))
    del stored.items["ledger"][record["user_id"], record["sequence"]]
    stored.put("ledger", altered)
    if in_the_receipt_too:
        stored.put("users", {**altered, "pk": f"CHANGE#{record['change_id']}"})
    assert faults(stored)


@given(tables(), st.data())
def test_a_dropped_applied_record_is_found(stored: MemoryTables, data: st.DataObject):
    drop(stored, data.draw(st.sampled_from(applied(stored))))
    assert faults(stored)


@given(tables(), st.data())
def test_a_shortened_trail_is_found_by_the_users_head(stored: MemoryTables, data: st.DataObject):
    keep = data.draw(st.integers(0, len(applied(stored)) - 1))
    for record in trail(stored):
        if record.get("version", 0) > keep:
            drop(stored, record)
    assert faults(stored) == {("user_differs" if keep else "user_unexplained", "Users USER#u-1")}


@given(tables(), st.data())
def test_swapped_records_are_found(stored: MemoryTables, data: st.DataObject):
    assume(len(trail(stored)) > 1)
    one, two = data.draw(st.permutations(trail(stored)))[:2]
    fields = sorted(name for name in one.keys() & two.keys() if one[name] != two[name])
    name = data.draw(st.sampled_from(fields))
    for record in (one, two):
        drop(stored, record)
    one[name], two[name] = two[name], one[name]
    for record in (one, two):
        put(stored, record)
    assert faults(stored)


@given(tables(), st.data(), st.booleans())
def test_another_users_record_is_found(stored: MemoryTables, data: st.DataObject, forged: bool):
    foreign = trail(stored, "u-2")
    assume(foreign)
    record = {**data.draw(st.sampled_from(foreign)), "user_id": "u-1"}
    assume(("u-1", record["sequence"]) not in stored.items["ledger"])
    if forged:
        reseal(record)
    stored.put("ledger", record)
    assert faults(stored)


@given(tables(), st.data(), st.booleans())
def test_a_version_that_is_there_twice_is_found(stored: MemoryTables, data: st.DataObject, forged: bool):
    twin = copy.deepcopy(data.draw(st.sampled_from(applied(stored))))
    twin |= {"sequence": applied_sequence(len(applied(stored)) + 1), "change_id": "twin"}
    if forged:
        reseal(twin)
    put(stored, twin)
    found = faults(stored)
    assert ("record_misplaced", f"Ledger u-1 {twin['sequence']}") in found
    assert ("user_differs", "Users USER#u-1") in found


@given(tables(), st.data())
def test_a_forged_record_with_a_fitting_seal_is_found_by_what_follows_it(
    stored: MemoryTables, data: st.DataObject
):
    records = applied(stored)
    record = data.draw(st.sampled_from(records))
    record["actor"] = {"id": "nobody", "type": "user"}
    reseal(record)
    put(stored, record)
    found = faults(stored)
    if record is records[-1]:
        assert ("user_differs", "Users USER#u-1") in found
    else:
        assert ("chain_broken", f"Ledger u-1 {applied_sequence(record['version'] + 1)}") in found


@given(tables(), st.data())
def test_erased_data_is_reported_as_such_while_the_chain_still_holds(
    stored: MemoryTables, data: st.DataObject
):
    record = data.draw(st.sampled_from(trail(stored)))
    erased = data.draw(st.sets(st.sampled_from(sorted(record.keys() & {*ERASABLE, "salt"})), min_size=1))
    before = json.loads(json.dumps(record))
    for name in erased:
        del record[name]
    put(stored, record)
    found = faults(stored)
    assert {key for code, key in found if code == "commitment_broken"} == {f"Ledger u-1 {record['sequence']}"}
    # What the changes come to is not known any more.
    unknown = {"before_differs", "user_differs"} if "changes" in erased else set()
    assert {code for code, _ in found} - unknown == {"commitment_broken"}
    assert hash_of(record) == record["hash"] == before["hash"]
