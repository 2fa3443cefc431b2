"""Finishes an import: merges what its rows were answered into one report."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

from registrar.adapters import system
from registrar.domain.change import Outcome
from registrar.domain.errors import ImportRefused, LedgerMismatch
from registrar.domain.json_text import NotJson, read_json
from registrar.imports.adapters.import_store import ImportStore
from registrar.imports.adapters.spool import Spool
from registrar.imports.domain.columns import ERRORS, NULL, cell_of
from registrar.imports.domain.cost import estimate
from registrar.imports.domain.plan import Plan, account_of
from registrar.imports.domain.reading import Format
from registrar.imports.domain.results import FAULT, Consumed, RowResult, Tally

REPORT: Final = ("row", "change_id", "outcome", "replayed", "version", "codes", "paths", "messages")
KINDS: Final = {Format.CSV: "text/csv; charset=utf-8", Format.JSONL: "application/jsonl"}


def finish_import(store: ImportStore, plan: Plan, memory_gb: float) -> dict[str, Any]:
    """Write the report, the rows to be mended, and the summary; return the summary.

    Args:
        store: the import's.
        plan: the import's.
        memory_gb: what the functions are billed for.

    Raises:
        LedgerMismatch: a row met one: the report is there, and somebody must look.
        LookupError: a chunk has no result.
        TransientFault: try again.
    """
    tally, consumed, faults = Tally(), Consumed(), 0
    with Spool.temporary() as (spool, folder):
        for chunk in range(1, plan.chunks + 1):
            result = store.result(chunk)
            if result is None:
                raise LookupError(f"chunk {chunk} has no result")
            tally += Tally.of(result.results)
            consumed += result.consumed
            faults += sum(FAULT in each.problems for each in result.results)
            for each in result.results:
                spool.add(each.number, each.as_json())
        _write_reports(spool, store, plan, folder)
    if tally.rows != plan.rows:
        raise LookupError(f"{tally.rows} rows were answered, and {plan.rows} are in the plan")
    now = system.now()
    seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(plan.started_at)).total_seconds()
    summary = {
        "import_id": plan.import_id,
        # As its execution ends.
        "status": "FAILED" if faults else "SUCCEEDED",
        **account_of(plan, tally),
        "finished_at": now,
        "seconds": round(seconds, 3),
        "rows_a_second": round(plan.rows / max(seconds, 0.001), 1),
        "write_units": consumed.write_units,
        "read_units": consumed.read_units,
        "lambda_seconds": round(consumed.milliseconds / 1000, 3),
        "cost_usd": round(estimate(consumed, plan.chunks, memory_gb), 6),
        "errors": [FAULT.as_json()] if faults else [],
    }
    store.write_summary(summary)
    if faults:
        # The execution fails, so that its alarm goes off.
        raise LedgerMismatch(f"{faults} rows met another record in their place")
    return summary


def refuse_import(store: ImportStore, refused: ImportRefused) -> dict[str, Any]:
    """Write the summary of an import whose file could not be worked on; return it."""
    summary = {
        "import_id": store.import_id,
        "status": "REFUSED",
        "finished_at": system.now(),
        "errors": [problem.as_json() for problem in refused.problems],
    }
    store.write_summary(summary)
    return summary


def _write_reports(spool: Spool, store: ImportStore, plan: Plan, folder: Path) -> None:
    report, failed = folder / "report", folder / "failed"
    # What is no Unicode in a line of JSON is written back as the escape that it was.
    with (
        report.open("w", encoding="utf-8", newline="") as report_file,
        failed.open("w", encoding="utf-8", newline="", errors="backslashreplace") as failed_file,
    ):
        # Each cell in quotes: where a semicolon or a tab separates, none begins within another.
        lines = csv.writer(report_file, quoting=csv.QUOTE_ALL)
        lines.writerow(REPORT)
        back = _SentBack(failed_file, plan)
        for _, _, content in spool.by_number():
            result = RowResult.from_json(content)
            lines.writerow(_report_line(result))
            if result.outcome != Outcome.APPLIED:
                back.add(result)
    store.objects.upload(store.report_key, report, KINDS[Format.CSV])
    store.objects.upload(store.failed_key(plan.format), failed, KINDS[plan.format])


def _report_line(result: RowResult) -> list[Any]:
    columns = ([getattr(p, name) for p in result.problems] for name in ("code", "path", "message"))
    return [
        result.number,
        result.change_id if result.change_id is None else cell_of(result.change_id),
        result.outcome,
        "yes" if result.replayed else "no",
        result.version,
        *(cell_of("; ".join(texts)) for texts in columns),
    ]


class _SentBack:
    """The rows that were not applied, as they came, with the reasons: to be mended and imported again."""

    def __init__(self, file: TextIO, plan: Plan) -> None:
        self._file = file
        self._form = plan.format
        self._cells = csv.writer(file, quoting=csv.QUOTE_ALL)
        if plan.format is Format.CSV:
            self._errors = _place_of_errors(plan.header)
            header = plan.header if self._errors < len(plan.header) else [*plan.header, ERRORS]
            self._width = len(header)
            # Their names are read without guard and white space: so the same columns are found.
            self._cells.writerow(_safe(name.strip()) for name in header)

    def add(self, result: RowResult) -> None:
        reasons = "; ".join(f"{p.path} {p.message}".strip() for p in result.problems)
        if isinstance(result.raw, list):
            # A ragged row keeps its cells, and has its reasons where the header says as nearly as can be.
            cells = [*result.raw[: self._errors], *[""] * (self._errors - len(result.raw))]
            rest = result.raw[self._errors + 1 : self._width] if self._errors < len(result.raw) else []
            surplus = result.raw[self._width :]
            self._cells.writerow([*map(_safe, cells), cell_of(reasons), *map(_safe, [*rest, *surplus])])
        elif self._form is Format.CSV:
            self._cells.writerow([*[""] * self._errors, cell_of(reasons)])
        else:
            line = json.dumps(_with_reasons(str(result.raw), reasons), ensure_ascii=False, allow_nan=False)
            self._file.write(f"{line}\n")


def _place_of_errors(header: list[str]) -> int:
    """Return where the reasons go: a file that was sent back before has a column for them."""
    names = [name.strip().casefold() for name in header]
    return names.index(ERRORS) if ERRORS in names else len(header)


def _with_reasons(line: str, reasons: str) -> dict[str, Any]:
    try:
        value = read_json(line)
    except NotJson:
        value = None
    return {**(value if isinstance(value, dict) else {"line": line}), ERRORS: reasons}


def _safe(cell: str) -> str:
    # As it came, unless a spreadsheet would run it: read again it means the same.
    return cell if cell == NULL or cell.startswith("'") else cell_of(cell)
