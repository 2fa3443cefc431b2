"""The verifier of one user's trail: it recomputes everything and trusts nothing that is written in it."""

from collections.abc import Sequence
from typing import Any

from registrar.domain.change import Outcome
from registrar.domain.record import GENESIS, applied_sequence, commitment_of, hash_of


def verify(records: Sequence[dict[str, Any]], head: str | None) -> list[str]:
    """Verify the records of one user, in any order; return what is wrong, the first bad record first.

    Erased data is reported: the commitment no longer fits, while hash and order still do. A rejected record
    that is gone leaves no gap here, and whoever rewrites all of a trail and the head is not seen.

    Args:
        records: the user's ledger records, applied and rejected.
        head: the hash that the user's record gives for the newest applied record, None when there is no user;
            a user once there stays as a tombstone, so applied records without a head are a fault.
    """
    faults = []
    applied = sorted(
        (r for r in records if r.get("outcome") == Outcome.APPLIED), key=lambda r: str(r.get("sequence"))
    )
    previous = GENESIS
    known = {previous}
    for version, record in enumerate(applied, start=1):
        if record.get("sequence") != applied_sequence(version) or record.get("version") != version:
            faults.append(f"{record.get('sequence')}: expected version {version}")
        faults += _faults(record, records[0])
        if record.get("previous_hash") != previous:
            faults.append(f"{record.get('sequence')}: does not follow the record before it")
        previous = hash_of(record)
        known.add(previous)
    if (head or GENESIS) != previous:
        faults.append(f"{applied_sequence(len(applied))}: the user's head names another newest record")
    for record in records:
        if record.get("outcome") != Outcome.APPLIED:
            faults += _faults(record, records[0])
            if str(record.get("previous_hash")) not in known:
                faults.append(f"{record.get('sequence')}: follows no applied record of this user")
    return faults


def _faults(record: dict[str, Any], first: dict[str, Any]) -> list[str]:
    faults = []
    if hash_of(record) != record.get("hash"):
        faults.append(f"{record.get('sequence')}: the hash does not fit the record")
    if commitment_of(record) != record.get("commitment"):
        faults.append(f"{record.get('sequence')}: the commitment does not fit the erasable fields")
    if record.get("user_id") != first.get("user_id"):
        faults.append(f"{record.get('sequence')}: belongs to another user than the first record")
    return faults
