"""Finishes an import: merges the results of its chunks into one report."""

from registrar.adapters import system
from registrar.domain.errors import ImportRefused, LedgerMismatch
from registrar.imports.adapters.import_store import ImportStore, existing
from registrar.imports.adapters.prices import prices
from registrar.imports.adapters.spool import Spool
from registrar.imports.domain.cost import estimate
from registrar.imports.domain.reading import Format
from registrar.imports.domain.results import FAULT, Consumed, RowResult, Tally
from registrar.imports.domain.summary import Refusal, Summary
from registrar.imports.services.reports import CONTENT_TYPES, write_reports


def finish_import(imports: ImportStore, memory_gb: float) -> Summary:
    """Write the report, the file of rows that were not applied, and the summary; return the summary.

    Args:
        imports: what has been planned and done.
        memory_gb: of the functions of an import, for the estimate of its cost.

    Raises:
        LedgerMismatch: a row met one; the report is there, and the execution fails and raises an alarm.
        LookupError: the import has no plan, or a chunk or a row no result.
        TransientFault: try again.
    """
    plan = imports.existing_plan()
    tally, consumed, faults = Tally(), Consumed(), 0
    with Spool.temporary() as (spool, folder):
        for chunk in range(1, plan.chunks + 1):
            result = existing(imports.result(chunk), f"chunk {chunk} has no result")
            tally += Tally.of(result.results)
            consumed += result.consumed
            faults += sum(FAULT in each.problems for each in result.results)
            for each in result.results:
                spool.add(each.number, each.as_json())
        report, failed = folder / "report", folder / "failed"
        write_reports(map(RowResult.from_json, spool.by_number()), plan, report, failed)
        imports.objects.upload(imports.report_key, report, CONTENT_TYPES[Format.CSV])
        imports.objects.upload(imports.failed_key(plan.format), failed, CONTENT_TYPES[plan.format])
    if tally.rows != plan.rows:
        raise LookupError(f"{tally.rows} of {plan.rows} planned rows have a result")
    dollars = estimate(consumed, plan.chunks, memory_gb, prices())
    summary = Summary(plan, tally, faults, system.now(), consumed, dollars)
    imports.write_summary(summary)
    if faults:
        raise LedgerMismatch(f"{faults} rows met another record in their place")
    return summary


def refuse_import(imports: ImportStore, refused: ImportRefused) -> Refusal:
    """Write the summary of an import that was refused as a whole; return it."""
    summary = Refusal(imports.import_id, system.now(), refused.problems)
    imports.write_summary(summary)
    return summary
