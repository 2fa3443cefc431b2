"""Records a rejection: its receipt and its ledger record together."""

from typing import Protocol

from registrar.adapters import system
from registrar.domain.errors import ChangeRejected
from registrar.domain.record import Record
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import Identified
from registrar.domain.reuse import REUSED
from registrar.services.write import Written


class AuditStore(Protocol):
    """The store, as the audit of a rejection uses it (``registrar.adapters.store.Store``)."""

    def reject(self, record: Record) -> Record | None:
        """Write a rejection's receipt and record, or return the receipt's record that was there."""

    def deliver(self, record: Record) -> None:
        """Add a record to the ledger unless it is there."""

    def append(self, record: Record) -> Record | None:
        """Add a record to the ledger, or return the one in its place."""


def audit_rejection(request: Identified, rejected: ChangeRejected, store: AuditStore) -> Written:
    """Record a rejection; return the record that stands for this request.

    The problems of an invalid request are found here anew: the error that was raised has none of them.

    Raises:
        LedgerMismatch: another record stands in its place.
        TransientFault: try again.
    """
    if request.problems:
        rejected = ChangeRejected(request.problems)
    if REUSED not in rejected.problems:
        record = seal_rejection(request, rejected, system.now(), system.salt())
        found = store.reject(record)
        if found is None:
            return Written(record, replayed=False)
        if found.request_hash == request.request_hash:
            # Decided before, by an execution that may have died before it delivered the record.
            store.deliver(found)
            return Written(found, replayed=True)
        # Problems that depend on the user's state are dropped: it may change, the reuse of the id stays.
        rejected = ChangeRejected((REUSED, *request.problems))
    record = seal_rejection(request, rejected, system.now(), system.salt())
    found = store.append(record)
    return Written(found or record, replayed=found is not None)
