"""The two files that an import answers with: the report, and the rows that were not applied."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TextIO

from registrar.domain.canonical import JsonObject
from registrar.domain.json_text import NotJson, read_json
from registrar.imports.domain.columns import ERRORS, NULL, cell_of
from registrar.imports.domain.plan import Plan
from registrar.imports.domain.reading import Format
from registrar.imports.domain.results import RowOutcome, RowResult

REPORT_COLUMNS: Final = ("row", "change_id", "outcome", "replayed", "version", "codes", "paths", "messages")
CONTENT_TYPES: Final = {Format.CSV: "text/csv; charset=utf-8", Format.JSONL: "application/jsonl"}


def write_reports(results: Iterable[RowResult], plan: Plan, report: Path, failed: Path) -> None:
    """Write both files, in the order of the results."""
    # What is not Unicode in a line of JSON is written as the escape that it was.
    with (
        report.open("w", encoding="utf-8", newline="") as report_file,
        failed.open("w", encoding="utf-8", newline="", errors="backslashreplace") as failed_file,
    ):
        # Each cell in quotes: a spreadsheet that separates at semicolons or tabs splits none.
        lines = csv.writer(report_file, quoting=csv.QUOTE_ALL)
        lines.writerow(REPORT_COLUMNS)
        failures = FailedRows(failed_file, plan)
        for result in results:
            lines.writerow(_report_line(result))
            if result.outcome is not RowOutcome.APPLIED:
                failures.add(result)


def _report_line(result: RowResult) -> list[str | int | None]:
    columns = ([getattr(p, name) for p in result.problems] for name in ("code", "path", "message"))
    return [
        result.number,
        result.change_id if result.change_id is None else cell_of(result.change_id),
        result.outcome,
        "yes" if result.replayed else "no",
        result.version,
        *(cell_of("; ".join(texts)) for texts in columns),
    ]


class FailedRows:
    """The rows that were not applied, as read, with the reasons: to be corrected and imported again."""

    def __init__(self, file: TextIO, plan: Plan) -> None:
        self._file = file
        self._form = plan.format
        self._cells = csv.writer(file, quoting=csv.QUOTE_ALL)
        if plan.format is Format.CSV:
            header = [name.strip() for name in plan.header]
            folded = [*map(str.casefold, header), ERRORS]
            # A file that was sent back before has a column for the reasons.
            self._errors = folded.index(ERRORS)
            self._after = self._errors + (self._errors < len(header))
            # A header is read without guards and white space, so the same columns are found.
            self._cells.writerow(map(_safe, header if self._errors < len(header) else [*header, ERRORS]))

    def add(self, result: RowResult) -> None:
        """Write a row."""
        reasons = "; ".join(f"{p.path} {p.message}".strip() for p in result.problems)
        if isinstance(result.raw, list):
            # A ragged row keeps its cells; its reasons go as close to their column as possible.
            before = [*result.raw[: self._errors], *[""] * (self._errors - len(result.raw))]
            after = result.raw[self._after :]
            self._cells.writerow([*map(_safe, before), cell_of(reasons), *map(_safe, after)])
        elif self._form is Format.CSV:
            self._cells.writerow([*[""] * self._errors, cell_of(reasons)])
        else:
            line = json.dumps(_with_reasons(str(result.raw), reasons), ensure_ascii=False, allow_nan=False)
            self._file.write(f"{line}\n")


def _with_reasons(line: str, reasons: str) -> JsonObject:
    try:
        value = read_json(line)
    except NotJson:
        value = None
    return {**(value if isinstance(value, dict) else {"line": line}), ERRORS: reasons}


def _safe(cell: str) -> str:
    # As read, unless a spreadsheet would run it; an import reads both as the same.
    return cell if cell == NULL or cell.startswith("'") else cell_of(cell)
