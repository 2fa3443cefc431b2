"""A change_id that was used before: the same request again, or another one under the same id."""

from registrar.domain.change import Change
from registrar.domain.errors import ChangeRejected, Problem
from registrar.domain.record import Record

REUSED = Problem(
    "change_id_reused", "/change_id", "this change_id was used for another request; choose a new one"
)


def check_receipt(receipt: Record, change: Change) -> Record:
    """Return the recorded decision for the same request.

    Raises:
        ChangeRejected: the id was used for another request.
    """
    if receipt.request_hash != change.request_hash:
        raise ChangeRejected([REUSED])
    return receipt
