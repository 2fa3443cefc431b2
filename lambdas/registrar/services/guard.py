"""The guard: makes sure that the record of every receipt is in the ledger."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from registrar.domain.record import Record, RecordKey
from registrar.services.batch import Arrived, BatchFailures

logger = logging.getLogger()


class GuardStore(Protocol):
    """The store, as the guard uses it (``registrar.adapters.store.Store``)."""

    def hashes(self, keys: Iterable[RecordKey]) -> Mapping[RecordKey, str]:
        """Return the hash of the record at each place of the ledger that has one."""

    def deliver(self, record: Record) -> None:
        """Add a record to the ledger unless it is there."""


def guard(
    receipts: Sequence[Arrived], store: GuardStore, grace_seconds: float, failures: BatchFailures
) -> None:
    """Deliver the record of each receipt that its execution has not delivered.

    Waits until the youngest receipt is as old as the grace, so that its own execution can be done. A healthy
    change then costs half a read unit and no write.

    Raises:
        TransientFault: the ledger could not be read; the whole batch comes again.
    """
    if not receipts:
        return
    age = time.time() - max(each.created_at for each in receipts)
    time.sleep(max(0.0, min(grace_seconds, grace_seconds - age)))
    hashes = store.hashes(each.record.key for each in receipts)
    for each in receipts:
        if hashes.get(each.record.key) != each.record.hash:
            with failures.noting(each.number):
                store.deliver(each.record)
                logger.warning("delivered a missing record", extra={"change_id": each.record.change_id})
