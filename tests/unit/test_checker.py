"""What the checker says of a trail, fault by fault; that it finds every change is among the properties."""

import copy
from typing import Any

import pytest

from registrar.domain.change import Action, Change
from registrar.domain.decide import decide
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import commitment_of, hash_of
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import identify
from registrar_client.check import Checker
from tests.memory_tables import MemoryTables
from tests.properties.strategies import Tables

ACTOR = {"id": "admin-7", "type": "user"}
USER = "Users USER#u-1"
V1, V2, V3 = (f"Ledger u-1 v#00000000000{version}" for version in (1, 2, 3))


def trail(user_id: str = "u-1") -> MemoryTables:
    """Three applied records and two rejections: one that saw no user, one that saw version 2."""
    user = None
    tables = Tables()
    for number, action in enumerate(("create", "update", "delete")):
        patch = {"display_name": f"Ada {number}"} if action != "delete" else {}
        change = Change(f"c-{number}", Action(action), user_id, patch, None, ACTOR, None, "ab" * 32)
        applied = decide(change, user, "2030-01-31T12:00:00.000000Z", f"{number:032x}")
        tables.users[user_id] = user = applied.after
        tables.ledger.append(applied.record)
        if action != "delete":
            seen = (2, user.head) if number else (None, None)
            request = identify({"user_id": user_id}, f"r-{number}")
            rejected = ChangeRejected(request.problems, *seen)
            tables.ledger.append(seal_rejection(request, rejected, "2030-01-31T12:00:00.000000Z", "0" * 32))
    return tables.stored()


@pytest.fixture
def tables() -> MemoryTables:
    return trail()


def faults(tables: MemoryTables) -> set[tuple[str, str]]:
    return {(found.code, found.key) for found in Checker(tables, "users", "ledger").check(segments=1)}


def record(tables: MemoryTables, sequence: str) -> dict[str, Any]:
    return tables.items["ledger"]["u-1", sequence]


def drop(tables: MemoryTables, sequence: str) -> None:
    """Remove a record and its receipt: by themselves the two tables agree."""
    receipt = f"CHANGE#{record(tables, sequence)['change_id']}"
    del tables.items["ledger"]["u-1", sequence], tables.items["users"][receipt,]


def seal_anew(tables: MemoryTables, sequence: str, **fields: Any) -> None:
    """Alter a record, seal it anew, and its receipt alike: by themselves both are flawless."""
    altered = record(tables, sequence)
    altered |= fields
    altered["commitment"] = commitment_of(altered)
    altered["hash"] = hash_of(altered)
    tables.put("users", {"pk": f"CHANGE#{altered['change_id']}", **altered})


def test_an_honest_trail_is_clean(tables):
    assert faults(tables) == faults(MemoryTables()) == set()


def test_each_bad_record_is_named_once(tables):
    for sequence in ("v#000000000002", "v#000000000003"):
        record(tables, sequence)["recorded_at"] = "2031"
        tables.items["users"][f"CHANGE#{record(tables, sequence)['change_id']}",]["recorded_at"] = "2031"
    assert faults(tables) == {("hash_broken", V2), ("hash_broken", V3), ("user_differs", USER)}


def test_a_forged_record_with_a_fitting_seal_is_named_where_the_next_does_not_follow_it(tables):
    seal_anew(tables, "v#000000000002", actor={"id": "nobody", "type": "user"})
    assert faults(tables) == {("chain_broken", V3), ("chain_broken", "Ledger u-1 r#r-1")}
    tables = trail()
    seal_anew(tables, "v#000000000003", actor={"id": "nobody", "type": "user"})
    assert faults(tables) == {("user_differs", USER)}


def test_a_gap_is_named_where_the_missing_version_should_be(tables):
    drop(tables, "v#000000000002")
    found = faults(tables)
    assert {("version_gap", V3), ("chain_broken", V3)} <= found
    assert ("version_gap", V1) not in found


def test_applied_records_without_their_user_are_a_fault(tables):
    del tables.items["users"]["USER#u-1",]
    assert faults(tables) == {("user_missing", each) for each in (V1, V2, V3)}


def test_a_user_without_records_is_a_fault(tables):
    for sequence in ("v#000000000001", "v#000000000002", "v#000000000003", "r#r-0", "r#r-1"):
        drop(tables, sequence)
    assert faults(tables) == {("user_unexplained", USER)}


def test_a_rejection_of_another_user_is_found_although_it_follows_nobody(tables):
    foreign = trail("u-2").items["ledger"]["u-2", "r#r-0"]
    tables.put("ledger", {**foreign, "user_id": "u-1", "sequence": "r#r-2"})
    found = faults(tables)
    assert {("hash_broken", "Ledger u-1 r#r-2"), ("record_misplaced", "Ledger u-1 r#r-2")} <= found


def test_a_rejection_that_claims_to_have_seen_what_never_was_is_found(tables):
    seal_anew(tables, "r#r-1", previous_hash="cd" * 32)
    assert faults(tables) == {("chain_broken", "Ledger u-1 r#r-1")}


def test_records_without_their_fields_are_faults_and_do_not_stop_the_checker(tables):
    for table, items in tables.items.items():
        for item in list(items.values()):
            for name in item:
                stripped = copy.deepcopy(tables)
                key = tuple(item[part] for part in (("pk",) if table == "users" else ("user_id", "sequence")))
                del stripped.items[table][key]
                stripped.put(table, {each: value for each, value in item.items() if each != name})
                assert faults(stripped), (table, key, name)
    odd = {"user_id": "u-1", "outcome": "APPLIED", "hash": [], "version": {}}
    tables.put("ledger", {**odd, "sequence": "v#0"})
    tables.put("ledger", {"user_id": "u-1", "sequence": "r#", "previous_hash": {}, "changes": 7})
    tables.put("users", {"pk": "CHANGE#c-9", "user_id": 7})
    assert faults(tables)


def test_what_the_checker_cannot_see(tables):
    """What is gone from both tables without a trace: digests are for these."""
    drop(tables, "r#r-0")
    assert faults(tables) == set()
    drop(tables, "v#000000000003")
    assert faults(tables) == {("user_differs", USER)}
    second = record(tables, "v#000000000002")
    user = tables.items["users"]["USER#u-1",]
    shown = {"display_name": "Ada 1", "status": "active", "listing": "active#2"}
    user |= {"version": 2, "head": second["hash"], "updated_at": second["recorded_at"], **shown}
    assert faults(tables) == set()
