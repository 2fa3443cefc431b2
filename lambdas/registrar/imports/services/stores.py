"""What the chunks of an import need of the tables, and of what measures their use."""

from collections.abc import Iterable
from typing import Protocol

from registrar.domain.decide import Applied
from registrar.domain.record import Record
from registrar.imports.domain.results import Consumed
from registrar.services.write import WriteStore


class RowStore(WriteStore, Protocol):
    """What a row is written to: the tables, or the memory of a dry run."""

    def put_receipt(self, record: Record) -> Record | None:
        """Put the receipt of a rejected change, or return the record in the one that was there."""


class ChunkStore(RowStore, Protocol):
    """The store, as WriteChunk uses it (``registrar.adapters.store.Store``)."""

    def receipts(self, change_ids: Iterable[str]) -> dict[str, Record]:
        """Read the records in the receipts of up to a hundred changes, by change_id."""

    def names_of_others(self, applied: Applied) -> list[str]:
        """Return the kinds of the names that a change takes and another user holds."""


class AuditStore(Protocol):
    """The store, as AuditChunk uses it (``registrar.adapters.store.Store``)."""

    def deliver(self, record: Record) -> None:
        """Add a record to the ledger unless it is there."""

    def append(self, record: Record) -> Record | None:
        """Add a record to the ledger, or return the one that was there already."""


class Meter(Protocol):
    """What a function has consumed so far (``registrar.imports.adapters.meter.Meter``)."""

    def read(self) -> Consumed:
        """Return the meter's state; subtract an earlier one to get what was consumed in between."""
