"""AuditChunk: delivers its records to the ledger, and answers every row."""

import logging
from collections.abc import Sequence

from registrar.adapters.retry import Retry
from registrar.domain.errors import BrokenSeal, LedgerMismatch, Problem
from registrar.domain.record import Record
from registrar.imports.adapters.import_store import ImportStore, existing
from registrar.imports.domain.plan import Plan
from registrar.imports.domain.results import FAULT, STOPPED, ChunkResult, RowOutcome, RowResult, Tally
from registrar.imports.domain.rows import PlannedRow
from registrar.imports.domain.written import Altered, Recorded, Rejected, Stopped, Unreadable, WrittenRow
from registrar.imports.services.chunks import at_once, retry_from_now
from registrar.imports.services.stores import AuditStore, Meter

logger = logging.getLogger()


def audit_chunk(imports: ImportStore, chunk: int, store: AuditStore, meter: Meter) -> ChunkResult:
    """Record a chunk's rows unless it has a result; return the result.

    Raises:
        LookupError: the chunk was not written, or the import has no plan.
        TransientFault: some rows could not be recorded in time; try again.
    """
    retry, before = retry_from_now(), meter.read()
    result = imports.result(chunk)
    if result is None:
        plan, rows = imports.existing_plan(), imports.rows(chunk)
        written = existing(imports.written(chunk), f"chunk {chunk} was not written")
        results = audit_rows(rows, written.rows, plan, store, retry)
        result = ChunkResult(results, meter.read() - before + written.consumed)
        result = imports.write_result(chunk, result)
    # Also when a run has died in between; from the stored result, so that each run marks the same.
    imports.mark(chunk, Tally.of(result.results))
    return result


def audit_rows(
    rows: Sequence[PlannedRow], written: Sequence[WrittenRow], plan: Plan, store: AuditStore, retry: Retry
) -> list[RowResult]:
    """Deliver the records of written rows to the ledger, and return how each row ended.

    Raises:
        TransientFault: a row was not recorded in time; the rows that were are found by the next run.
    """

    def answer(pair: tuple[PlannedRow, WrittenRow]) -> RowResult:
        try:
            return retry.call(lambda: _audited(*pair, plan, store))
        except (BrokenSeal, LedgerMismatch) as fault:
            failed = _failed(pair[0], FAULT)
            # Without its traceback, whose text quotes the record.
            logger.error(  # noqa: TRY400
                "a row failed", extra={"change_id": failed.change_id, "error": type(fault).__name__}
            )
            return failed

    return at_once(answer, zip(rows, written, strict=True))


def _audited(row: PlannedRow, written: WrittenRow, plan: Plan, store: AuditStore) -> RowResult:
    match written:
        case Unreadable():
            return RowResult(row.number, None, RowOutcome.REJECTED, None, row.problems, raw=row.raw)
        case Stopped():
            return _failed(row, STOPPED)
        case Altered():
            raise BrokenSeal(f"what was written of row {row.number}")
        case Recorded(record, replayed):
            if not plan.dry_run:
                store.deliver(record)
            return _result(row, record, plan, replayed=replayed)
        case Rejected(record):
            # The same refusal of an earlier run stands in this place, with another salt.
            found = None if plan.dry_run else store.append(record)
            return _result(row, found or record, plan, replayed=found is not None)


def _failed(row: PlannedRow, problem: Problem) -> RowResult:
    request = row.identified()
    change_id = None if request is None else request.change_id
    return RowResult(row.number, change_id, RowOutcome.FAILED, None, (problem,), raw=row.raw)


def _result(row: PlannedRow, record: Record, plan: Plan, *, replayed: bool) -> RowResult:
    return RowResult(
        number=row.number,
        change_id=record.change_id,
        outcome=RowOutcome(record.outcome),
        version=record.version,
        problems=record.errors or (),
        # Not what an earlier run of this chunk has decided: for this the clock is exact enough.
        replayed=replayed and record.recorded_at < plan.started_at,
        raw=None if record.applied else row.raw,
    )
