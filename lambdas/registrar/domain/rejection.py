"""The record of a rejected change."""

from registrar.domain.change import Outcome
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import GENESIS, UNKNOWN_USER, Record, rejected_sequence, reused_sequence
from registrar.domain.request import Identified
from registrar.domain.reuse import REUSED


def seal_rejection(request: Identified, rejected: ChangeRejected, now: str, salt: str) -> Record:
    """Seal the record of a rejection.

    Args:
        request: what is known of the request; without a usable user_id it is filed under its id.
        rejected: why, and the version and head that the decision saw.
        now: ISO 8601 UTC.
        salt: 32 random hexadecimal digits.
    """
    reused = REUSED in rejected.problems
    sequence = (
        reused_sequence(request.change_id, request.request_hash)
        if reused
        else rejected_sequence(request.change_id)
    )
    return Record(
        user_id=request.user_id or f"{UNKNOWN_USER}{request.change_id}",
        sequence=sequence,
        change_id=request.change_id,
        outcome=Outcome.REJECTED,
        request_hash=request.request_hash,
        recorded_at=now,
        previous_hash=rejected.head or GENESIS,
        action=request.action.value if request.action else None,
        version=rejected.version,
        actor=request.actor,
        reason=request.reason,
        errors=rejected.problems,
    ).seal(salt)
