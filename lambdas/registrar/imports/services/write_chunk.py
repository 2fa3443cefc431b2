"""WriteChunk: decides its rows, and commits each with its receipt."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, groupby
from typing import Final

from registrar.adapters import system
from registrar.adapters.retry import Retry
from registrar.domain.errors import ChangeRejected, Problem
from registrar.domain.record import Record
from registrar.domain.rejection import seal_rejection
from registrar.domain.request import Identified
from registrar.domain.reuse import REUSED
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.domain.plan import Plan
from registrar.imports.domain.rows import PlannedRow
from registrar.imports.domain.written import Recorded, Rejected, Stopped, Unreadable, WrittenChunk, WrittenRow
from registrar.imports.services.chunks import at_once, retry_from_now
from registrar.imports.services.dry_run import DryRunStore
from registrar.imports.services.stores import ChunkStore, Meter, RowStore
from registrar.services.write import write

RECEIPTS_AT_ONCE: Final = 100
"""As many as ``Store.receipts`` takes."""


class Allowance:
    """How many rows may end without being applied before the import stops."""

    def __init__(self, rows: int | None = None) -> None:
        """Allow so many; None allows any number."""
        self._left = rows
        self._lock = threading.Lock()

    @property
    def used_up(self) -> bool:
        """Whether the import stops: no further row is decided."""
        return self._left is not None and self._left <= 0

    def note(self, written: WrittenRow) -> None:
        """Note how a row was written."""
        if self._left is None or (isinstance(written, Recorded) and written.record.applied):
            return
        with self._lock:
            self._left -= 1


def write_chunk(imports: ImportStore, chunk: int, store: ChunkStore, meter: Meter) -> WrittenChunk:
    """Write a chunk unless it was written, and store how.

    A run that died is repeated, and finds what it had committed.

    Raises:
        LookupError: the import has no plan, or no such chunk.
        TransientFault: some rows could not be written in time; try again.
    """
    retry, before = retry_from_now(), meter.read()
    written = imports.written(chunk)
    if written is None:
        plan = imports.existing_plan()
        rows = write_rows(imports.rows(chunk), plan, store, _allowance(imports, plan), retry)
        written = WrittenChunk(rows, meter.read() - before)
        imports.write_written(chunk, written)
    return written


def _allowance(imports: ImportStore, plan: Plan) -> Allowance:
    if plan.stop_after is None:
        return Allowance()
    return Allowance(plan.stop_after - imports.progress().not_applied)


def write_rows(
    rows: Sequence[PlannedRow], plan: Plan, store: ChunkStore, allowance: Allowance, retry: Retry
) -> list[WrittenRow]:
    """Write rows, those of one user one after the other and those of many in parallel; return how each was.

    A row is decided when the receipts of all earlier rows of its user hold their decisions, and not before:
    so runs that die, and runs at the same moment, keep the order.

    Receipts are read first, many to a request: a replay costs a read, and not a refused transaction.

    Args:
        rows: each user's together.
        plan: the import's.
        store: the tables; a dry run only reads them.
        allowance: for rows that are not applied.
        retry: of each call.

    Raises:
        TransientFault: a row was not written in time; the rows that were are found by the next run.
    """
    requests = [row.identified() for row in rows]
    receipts = _receipts([each.change_id for each in requests if each is not None], store, retry)

    def of_a_user(own: Iterable[tuple[PlannedRow, Identified | None]]) -> list[WrittenRow]:
        row_store: RowStore = DryRunStore(store) if plan.dry_run else store
        written: list[WrittenRow] = []
        for row, request in own:
            written.append(retry.call(partial(_written, row, request, receipts, row_store, allowance)))
            allowance.note(written[-1])
        return written

    by_user = groupby(zip(rows, requests, strict=True), key=lambda pair: pair[0].owner)
    return [*chain.from_iterable(at_once(of_a_user, (list(own) for _, own in by_user)))]


def _receipts(change_ids: Sequence[str], store: ChunkStore, retry: Retry) -> dict[str, Record]:
    starts = range(0, len(change_ids), RECEIPTS_AT_ONCE)
    batches = (change_ids[start : start + RECEIPTS_AT_ONCE] for start in starts)
    found = at_once(lambda batch: retry.call(partial(store.receipts, batch)), batches)
    return dict(chain.from_iterable(receipts.items() for receipts in found))


def _written(
    row: PlannedRow,
    request: Identified | None,
    receipts: Mapping[str, Record],
    store: RowStore,
    allowance: Allowance,
) -> WrittenRow:
    if request is None:
        return Unreadable()
    receipt = receipts.get(request.change_id)
    if receipt is not None and receipt.request_hash == request.request_hash:
        return Recorded(receipt, replayed=True)
    if allowance.used_up:
        return Stopped()
    try:
        if receipt is not None:
            raise ChangeRejected([REUSED])
        return _decided(row, request, store)
    except ChangeRejected as rejected:
        return _rejected(request, rejected, store)


def _decided(row: PlannedRow, request: Identified, store: RowStore) -> Recorded:
    if request.change is None:
        raise ChangeRejected(request.problems)
    if row.names_taken:
        raise ChangeRejected([_name_taken(kind, number) for kind, number in row.names_taken.items()])
    written = write(request.change, store)
    return Recorded(written.record, written.replayed)


def _rejected(request: Identified, rejected: ChangeRejected, store: RowStore) -> WrittenRow:
    """Put a rejection's receipt before the next row is decided; its record is delivered by AuditChunk."""
    if REUSED not in rejected.problems:
        record = seal_rejection(request, rejected, system.now(), system.salt())
        found = store.put_receipt(record)
        if found is None or found.request_hash == request.request_hash:
            return Recorded(found or record, replayed=found is not None)
    # Other rejections depend on the state of the tables at this moment; that the id is used up does not.
    reused = ChangeRejected((REUSED, *request.problems))
    return Rejected(seal_rejection(request, reused, system.now(), system.salt()))


def _name_taken(kind: str, number: int) -> Problem:
    message = f"row {number} of this file asks for the same {kind}, and comes first"
    return Problem("name_taken", f"/attributes/{kind}", message)
