"""Properties of files: what is written is read, wherever it is cut, and no spreadsheet runs it."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from registrar.domain.errors import ImportRefused, Problem
from registrar.imports.domain.columns import NULL, Columns, cell_of, text_in
from registrar.imports.domain.plan import Plan
from registrar.imports.domain.reading import Format, rows_of
from registrar.imports.domain.results import RowOutcome, RowResult, Tally
from registrar.imports.domain.rows import content_of, row_id
from registrar.imports.services.reports import FailedRows
from registrar_client import export

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "|", "%", "＝", "＋", "－", "＠", "｜", "％")  # noqa: RUF001
PASSED_OVER = ("", " ", "\u00a0", "\ufeff", "\u200b", "\u2060")
RISKY = st.builds(
    lambda quotes, passed, start, rest: quotes + passed + start + rest,
    st.sampled_from(["", "'", "''"]),
    st.sampled_from(PASSED_OVER),
    st.sampled_from([*FORMULAS, "\\N", "'"]),
    TEXTS,
)
NAMES = st.text(st.sampled_from("aé=+-@'\\N,;\"{ ß"), min_size=1, max_size=8)
USERS = st.fixed_dictionaries(
    {"user_id": st.from_regex(r"[A-Za-z0-9_.:@-]{1,8}", fullmatch=True), "status": st.just("active")},
    optional={
        "username": NAMES,
        "email": NAMES,
        "display_name": NAMES,
        "tags": st.dictionaries(st.sampled_from("abc"), NAMES, min_size=1),
    },
)


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=10), st.data())
def test_a_csv_is_read_as_it_was_written_wherever_its_bytes_are_cut(rows, data):
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["user_id", "username", "reason"], *rows])
    content = file.getvalue().encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    blocks = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    _, read = rows_of(blocks, Format.CSV, {})
    # A row of nothing but commas is none.
    assert [row.raw for row in read] == [row for row in rows if any(row)]


@given(TEXTS | RISKY)
@example("'=1+1")
@example("=1+1")
@example(NULL)
@example("''")
def test_a_cell_is_read_as_it_was_meant_and_no_spreadsheet_runs_it(text):
    cell = cell_of(text)
    assert text_in(cell) == text
    assert not cell.lstrip("".join(PASSED_OVER)).startswith(FORMULAS)
    assert cell != NULL
    # The export is written by code of its own.
    assert export._cell(text or None) == (cell if text else "")  # noqa: SLF001


@given(st.lists(TEXTS | RISKY, min_size=1, max_size=4))
def test_a_header_that_was_sent_back_is_mapped_as_it_was_and_no_spreadsheet_runs_it(names):
    """Columns that are passed over may have any name, a formula, too."""
    header = ["user_id", *dict.fromkeys(names)]
    file = io.StringIO(newline="")
    result = RowResult(2, "c", RowOutcome.REJECTED, None, (Problem("x", "", "m"),), raw=["u-1", *header[1:]])
    plan = Plan("i", "k", Format.CSV, header, 1, 1, dry_run=False, stop_after=None, started_at="")
    FailedRows(file, plan).add(result)
    (sent, row) = csv.reader(io.StringIO(file.getvalue(), newline=""), strict=True)
    for cell in (*sent, *row):
        assert not cell.lstrip("".join(PASSED_OVER)).startswith(FORMULAS)
    mapping = dict.fromkeys(header[1:])
    assert columns_of(sent, mapping) == columns_of([*header, "import_errors"], mapping)


@given(st.integers(1, 3), st.integers(0, 6), st.integers(0, 3))
def test_a_ragged_row_that_was_sent_back_keeps_its_cells_and_stays_ragged(width, cells, column):
    """Also where the file was sent back before, and has the column of reasons somewhere."""
    header = [f"h{n}" for n in range(width)]
    header[column:column] = ["import_errors"] * (column < width)
    raw = [f"c{n}" for n in range(cells)]
    file = io.StringIO(newline="")
    result = RowResult(2, None, RowOutcome.REJECTED, None, (Problem("x", "", "m"),), raw=raw)
    FailedRows(file, Plan("i", "k", Format.CSV, header, 1, 1, False, None, "")).add(result)
    (sent, row) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    place = sent.index("import_errors")
    assert row[place] == "m"
    own = [cell for n, cell in enumerate(raw) if n != place or "import_errors" not in header]
    assert [cell for cell in row if cell not in ("", "m")] == own
    if cells > len(header):
        assert len(row) > len(sent)


def columns_of(header: list[str], mapping: dict[str, None]) -> Columns | tuple[Problem, ...]:
    """Return what a header comes to, or why it is refused."""
    try:
        return Columns.of(header, mapping)
    except ImportRefused as refused:
        return refused.problems


@given(st.lists(USERS, max_size=8, unique_by=lambda user: user["user_id"]))
def test_what_is_exported_is_what_an_import_creates(people):
    for form, write in ((Format.CSV, export.write_csv), (Format.JSONL, export.write_jsonl)):
        file = io.StringIO(newline="")
        assert write(iter(people), file) == len(people)
        _, rows = rows_of([file.getvalue().encode()], form, {})
        assert [{"user_id": r.request["user_id"], **r.request["attributes"]} for r in rows] == people


ROW = st.fixed_dictionaries(
    {"action": st.sampled_from(["create", "update"]), "user_id": st.sampled_from(["u-1", "u-2"])},
    optional={"attributes": st.just({"username": "ada"}), "reason": st.text(max_size=3)},
)


@given(ROW, ROW, st.integers(0, 2), st.integers(0, 2), st.sampled_from("ab"), st.sampled_from("ab"))
def test_two_rows_are_one_change_just_when_content_occurrence_and_key_are_the_same(
    one, two, m, n, key, other
):
    same = (one, m, key) == (two, n, other)
    assert (row_id(content_of(one), key, m) == row_id(content_of(two), other, n)) is same


@given(st.lists(st.tuples(st.sampled_from(RowOutcome), st.booleans())))
def test_every_row_is_counted_once(outcomes):
    results = [
        RowResult(n, None, outcome, None, replayed=replayed and outcome is not RowOutcome.FAILED)
        for n, (outcome, replayed) in enumerate(outcomes)
    ]
    tally = Tally.of(results)
    assert tally.rows == len(results)
    assert tally.not_applied == sum(result.outcome != "APPLIED" for result in results)
    assert Tally.of(results[:3]) + Tally.of(results[3:]) == tally
