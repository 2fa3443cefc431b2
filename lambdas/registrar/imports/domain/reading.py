"""Reads a file's rows from its bytes, in memory that does not grow with the file."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, Final

from registrar.domain import limits
from registrar.domain.change import Action
from registrar.domain.errors import ImportRefused, Problem
from registrar.domain.json_text import NotJson, read_json
from registrar.imports.domain.columns import ERRORS, Columns


class Format(StrEnum):
    """The format of a file."""

    CSV = "csv"
    JSONL = "jsonl"


COMPRESSED: Final = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "zstd",
}
BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Row:
    """A row of a file, and the request that it holds.

    Attributes:
        number: as a spreadsheet or an editor shows it: the header of a CSV is row 1.
        raw: the cells of a CSV row, the line of a JSON Lines file; cut short where it is too long.
        request: of a change, valid or not; None when the row cannot be read.
        problems: why it cannot be read.
    """

    number: int
    raw: list[str] | str
    request: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()


def rows_of(
    blocks: Iterable[bytes], form: Format, mapping: Mapping[str, str | None]
) -> tuple[list[str], Iterator[Row]]:
    """Read a file.

    Args:
        blocks: the file's bytes, cut anywhere.
        form: the file's format.
        mapping: of a CSV's columns (``Columns.of``).

    Returns:
        The header's cells, none for JSON Lines, and the rows.

    Raises:
        ImportRefused: the file as a whole cannot be read; also while the rows are read.
    """
    if form is Format.JSONL:
        if mapping:
            raise ImportRefused(Problem("not_allowed", "/columns", "go with CSV only"))
        return [], _json_rows(_Lines(blocks))
    records = _csv_records(_Lines(_with_line_feeds(blocks)))
    _, header = next(records, (0, ""))
    if not isinstance(header, list):
        raise ImportRefused(Problem("no_rows", "", "the file has no header, or one that is too long"))
    columns = Columns.of(header, mapping)
    return header, _csv_rows(records, columns)


class _Lines(Iterator[str]):
    """The lines of a file, their ends included.

    Attributes:
        number: of the last line.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.number = 0
        self._lines = self._decoded(_split(blocks))

    def __next__(self) -> str:
        return next(self._lines)

    def _decoded(self, lines: Iterator[bytes]) -> Iterator[str]:
        for self.number, line in enumerate(lines, start=1):
            first = self.number == 1
            if first and (packed := [name for magic, name in COMPRESSED.items() if line.startswith(magic)]):
                message = f"the file is compressed ({packed[0]}); unpack it first"
                raise ImportRefused(Problem("compressed", "", message))
            try:
                yield (line.removeprefix(BOM) if first else line).decode("utf-8")
            except UnicodeDecodeError as error:
                message = f"line {self.number} is not UTF-8 at its byte {error.start + 1}; save it as UTF-8"
                raise ImportRefused(Problem("bad_encoding", "", message)) from None


def _with_line_feeds(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a CSV; with LF for CR where the first line ends in CR alone, as on classic Mac OS."""
    rest = iter(blocks)
    head = b""
    for block in rest:
        head += block
        if len(head) > limits.LINE_BYTES_MAX or re.search(rb"\n|\r.", head, re.DOTALL):
            break
    whole = chain((head,), rest)
    if re.match(rb"[^\r\n]*\r(?![\r\n])", head):
        return (block.replace(b"\r", b"\n") for block in whole)
    return whole


def _split(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(rest) > limits.LINE_BYTES_MAX:
            # Its first bytes may show that the file is compressed.
            yield rest[: limits.ROW_BYTES_MAX]
            message = f"a line has more than {limits.LINE_BYTES_MAX:,} bytes"
            raise ImportRefused(Problem("too_long", "", message))
    if rest:
        yield rest


def _json_rows(lines: _Lines) -> Iterator[Row]:
    for line in lines:
        text = line.strip()
        if text:
            yield _json_row(lines.number, text)


def _json_row(number: int, text: str) -> Row:
    if len(text.encode()) > limits.ROW_BYTES_MAX:
        return _too_long(number, text)
    try:
        value = read_json(text)
    except NotJson as error:
        why = str(error) if error.too_deep else "is not JSON, or holds a number that is not finite"
        return Row(number, text, None, (Problem("bad_format", "", f"the line {why}"),))
    if not isinstance(value, dict):
        return Row(number, text, None, (Problem("wrong_type", "", "must be a JSON object"),))
    value.pop(ERRORS, None)
    if "actor" in value:
        problem = Problem("not_allowed", "/actor", "is whoever imports the file")
        return Row(number, text, None, (problem,))
    return Row(number, text, {"action": Action.CREATE.value, **value})


def _too_long(number: int, text: str) -> Row:
    problem = Problem("too_long", "", f"a row has at most {limits.ROW_BYTES_MAX:,} bytes")
    return Row(number, text[:1000] + "…", None, (problem,))


def _csv_rows(records: Iterator[tuple[int, list[str] | str]], columns: Columns) -> Iterator[Row]:
    width = len(columns.fields)
    for number, cells in records:
        if isinstance(cells, str):
            yield _too_long(number, cells)
        elif not any(cells):
            # Spreadsheets write rows of nothing but commas at the end.
            continue
        elif len(cells) != width:
            message = f"has {len(cells)} cells, and the header has {width}"
            yield Row(number, cells, None, (Problem("ragged_row", "", message),))
        elif not columns.has_value(cells):
            yield Row(number, cells, None, (Problem("empty_row", "", "no column of a change has a value"),))
        else:
            yield _csv_row(number, cells, columns)


def _csv_row(number: int, cells: list[str], columns: Columns) -> Row:
    try:
        return Row(number, cells, columns.request_of(cells))
    except NotJson as error:
        return Row(number, cells, None, (Problem("bad_format", "/attributes/tags", str(error)),))


def _csv_records(lines: _Lines) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record's number and cells (RFC 4180); of one that is too long its beginning as a text."""
    feed = _Feed(lines)
    csv.field_size_limit(limits.LINE_BYTES_MAX)
    reader = csv.reader(feed, strict=True)
    number = 0
    while True:
        number += 1
        feed.size = 0
        try:
            cells = next(reader, None)
        except csv.Error:
            message = (
                f"row {number} is not CSV (RFC 4180): a quoted cell does not end, or goes on behind its"
                " closing quote, or a carriage return stands in a cell without quotes"
            )
            raise ImportRefused(Problem("bad_format", "", message)) from None
        except _TooLong as error:
            if error.open:
                message = (
                    f"row {number} does not end within {limits.ROW_BYTES_MAX:,} bytes; is a quote missing?"
                )
                raise ImportRefused(Problem("too_long", "", message)) from None
            yield number, error.line
            continue
        if cells is None:
            return
        if cells:
            yield number, cells


class _TooLong(Exception):  # noqa: N818 - what a record is
    def __init__(self, line: str, *, is_open: bool) -> None:
        self.line = line
        self.open = is_open
        super().__init__()


class _Feed(Iterator[str]):
    """Lines for the CSV reader; measures each record."""

    def __init__(self, lines: _Lines) -> None:
        self.size = 0
        self._lines = lines

    def __next__(self) -> str:
        line = next(self._lines)
        is_first = self.size == 0
        self.size += len(line.encode())
        if self.size > limits.ROW_BYTES_MAX:
            # A line with its quotes in pairs is a record of its own, and the next record begins after it.
            raise _TooLong(line, is_open=not is_first or line.count('"') % 2 == 1)
        return line
