"""The record of a rejected change."""

from typing import Any

from registrar.canonical import sha256_of
from registrar.change import Outcome
from registrar.errors import ChangeRejected, Problem
from registrar.record import GENESIS, Draft, rejected_sequence, reused_sequence, seal
from registrar.request import Identified

REUSED = Problem("change_id_reused", "/change_id", "this change_id was used for another request; choose a new one")


def seal_rejection(request: Identified, rejected: ChangeRejected, now: str, salt: str) -> dict[str, Any]:
    """Seal the record of a rejection.

    Args:
        request: what is known of the request; a rejection without a usable user_id is filed under its change_id.
        rejected: why, and the version and head that the decision saw.
        now: ISO 8601 UTC.
        salt: 32 random hexadecimal digits.
    """
    reused = REUSED in rejected.problems
    sequence = (
        reused_sequence(request.change_id, request.request_hash) if reused else rejected_sequence(request.change_id)
    )
    return seal(
        Draft(
            user_id=request.user_id or f"invalid#{request.change_id}",
            sequence=sequence,
            change_id=request.change_id,
            outcome=Outcome.REJECTED,
            request_hash=request.request_hash,
            recorded_at=now,
            previous_hash=rejected.head or GENESIS,
            action=request.action,
            version=rejected.version,
            actor=request.actor,
            reason=request.reason,
            errors=[problem.as_json() for problem in rejected.problems],
        ),
        salt,
    )


def request_hash_of(request: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the SHA-256 of a request without its change_id: equal for a replay, other for a reused id."""
    if isinstance(request, dict):
        request = {name: value for name, value in request.items() if name != "change_id"}
    return sha256_of(request)
