"""The verifier of one user's trail: it recomputes everything and trusts nothing that is written in it."""

from collections.abc import Sequence
from typing import Any

from registrar.change import Outcome
from registrar.record import GENESIS, applied_sequence, commitment_of, hash_of


def verify(records: Sequence[dict[str, Any]], head: str | None) -> list[str]:
    """Verify the records of one user, in any order; return what is wrong, the first bad record first.

    Args:
        records: the user's ledger records, applied and rejected.
        head: the hash that the user's record gives for the newest applied record, None when there is no user.
    """
    faults = []
    applied = sorted(
        (r for r in records if r["outcome"] == Outcome.APPLIED), key=lambda r: str(r["sequence"])
    )
    previous = GENESIS
    for version, record in enumerate(applied, start=1):
        if record["sequence"] != applied_sequence(version) or record.get("version") != version:
            faults.append(f"{record['sequence']}: expected version {version}")
        faults += _faults(record)
        if record["previous_hash"] != previous:
            faults.append(f"{record['sequence']}: does not follow the record before it")
        previous = hash_of(record)
    if head is not None and head != previous:
        faults.append(f"{applied_sequence(len(applied))}: the user's head names another newest record")
    known = {GENESIS, *(record["hash"] for record in applied)}
    for record in records:
        if record["outcome"] != Outcome.APPLIED:
            faults += _faults(record)
            if record["previous_hash"] not in known:
                faults.append(f"{record['sequence']}: follows no applied record of this user")
    return faults


def _faults(record: dict[str, Any]) -> list[str]:
    faults = []
    if hash_of(record) != record["hash"]:
        faults.append(f"{record['sequence']}: the hash does not fit the record")
    if commitment_of(record) != record["commitment"]:
        faults.append(f"{record['sequence']}: the commitment does not fit the erasable fields")
    return faults
