"""What a file may look like, and what is said of one that cannot be read."""

import gzip
import json
import tracemalloc
from typing import Any

import pytest

from registrar.domain import limits
from registrar.domain.errors import ImportRefused
from registrar.imports.domain.reading import Format, rows_of


def read(content: bytes, form: Format = Format.CSV, **mapping: str | None) -> list[Any]:
    _, rows = rows_of([content], form, mapping)
    return list(rows)


def refused(content: bytes, form: Format = Format.CSV, **mapping: str | None) -> list[tuple[str, str, str]]:
    with pytest.raises(ImportRefused) as error:
        read(content, form, **mapping)
    assert ImportRefused.from_message(str(error.value)).problems == error.value.problems
    return [(p.code, p.path, p.message) for p in error.value.problems]


def test_a_row_is_the_change_that_its_cells_ask_for():
    header = "Email,user_id,action,display_name,tags,expected_version,reason,change_id,status"
    rows = read(
        (
            header + "\r\n"
            'ada@example.com,u-1,,"Ada ""A"" L.\nCountess","{""team"": ""navy""}",,,,\r\n'
            r"\N,u-2,update,,,3,ticket 1,c-1,suspended" + "\r\n"
            ",u-3,delete,,,,,,\r\n"
            ",u-4,update,,not json,x,,,\r\n"
        ).encode()
    )
    assert [row.request for row in rows] == [
        {
            "action": "create",
            "user_id": "u-1",
            "attributes": {
                "email": "ada@example.com",
                "display_name": 'Ada "A" L.\nCountess',
                "tags": {"team": "navy"},
            },
        },
        {
            "action": "update",
            "user_id": "u-2",
            "attributes": {"email": None, "status": "suspended"},
            "expected_version": 3,
            "reason": "ticket 1",
            "change_id": "c-1",
        },
        {"action": "delete", "user_id": "u-3"},
        {"action": "update", "user_id": "u-4", "attributes": {"tags": "not json"}, "expected_version": "x"},
    ]
    assert [row.number for row in rows] == [2, 3, 4, 5]


def test_a_line_of_json_is_the_change_itself():
    lines = [
        {"user_id": "u-1", "attributes": {"username": "ada"}},
        {"action": "delete", "user_id": "u-2", "import_errors": "from before"},
    ]
    content = "\n\n".join(map(json.dumps, lines)).encode()
    rows = read(content, Format.JSONL)
    assert [(row.number, row.request) for row in rows] == [
        (1, {"action": "create", **lines[0]}),
        (3, {"action": "delete", "user_id": "u-2"}),
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "bad_format"),
        ("[]", "wrong_type"),
        ('{"expected_version": NaN}', "bad_format"),
        ("[" * 30_000, "bad_format"),
        ('{"attributes": {"tags": ' + '{"a":' * 985 + "1" + "}" * 987, "bad_format"),
        ('{"expected_version": 1e999}', "bad_format"),
        ('{"expected_version": -1E400}', "bad_format"),
        ('{"actor": {"id": "root", "type": "user"}}', "not_allowed"),
        (json.dumps({"user_id": "x" * 300_000}), "too_long"),
    ],
)
def test_a_line_that_cannot_be_read_is_answered_by_itself(line, code):
    bad, good = read(f'{line}\n{{"user_id": "u-1"}}'.encode(), Format.JSONL)
    assert [problem.code for problem in bad.problems] == [code]
    assert (bad.request, good.request) == (None, {"action": "create", "user_id": "u-1"})
    assert len(bad.raw) <= max(len(line), 1001)


def test_a_line_that_cannot_be_read_says_why():
    deep, infinite = "[" * 33 + "]" * 33, '{"user_id": 1e999}'
    messages = [row.problems[0].message for row in read(f"{deep}\n{infinite}".encode(), Format.JSONL)]
    assert messages == [
        "the line nests deeper than 32 levels",
        "the line is not JSON, or holds a number that is not finite",
    ]
    (row,) = read(f"user_id,tags\nu-1,{deep}\n".encode())
    assert [(p.path, p.message) for p in row.problems] == [
        ("/attributes/tags", "nests deeper than 32 levels")
    ]
    (row,) = read(b'user_id,tags\nu-1,"{""a"": 1e999}"\n')
    assert row.request["attributes"] == {"tags": '{"a": 1e999}'}


def test_a_csv_without_user_ids_asks_for_new_users():
    assert [row.request for row in read(b"email\na@b.c\n")] == [
        {"action": "create", "attributes": {"email": "a@b.c"}}
    ]


def test_an_unknown_column_gets_advice_and_its_name_is_not_quoted():
    ((_, path, message),) = refused(b"user_id,ada@example.com\n")
    assert path == "/columns/2"
    assert '--column "NAME=FIELD"' in message
    assert "--column NAME=" in message
    assert "ada" not in message


@pytest.mark.parametrize("cut", [1, 7, 8, 9, 1000])
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n"])
def test_whatever_ends_the_lines_of_a_csv_its_rows_are_the_same(cut, end):
    """Also CR alone, as classic Mac OS and some spreadsheets still write it."""
    content = end.join([b"user_id,display_name", b'u-1,"a, ""b"""', b"u-2,c", b""])
    blocks = [content[start : start + cut] for start in range(0, len(content), cut)]
    _, rows = rows_of(blocks, Format.CSV, {})
    assert [(row.number, row.raw) for row in rows] == [(2, ["u-1", 'a, "b"']), (3, ["u-2", "c"])]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_is_read_with_and_without_bom_whatever_ends_its_lines(bom, end):
    content = bom + end.join(["user_id,display_name", 'u-1,"Ömer\nY."', "", "u-2,x"]).encode()
    rows = read(content)
    assert [(row.number, row.request["user_id"]) for row in rows] == [(2, "u-1"), (4, "u-2")]
    assert rows[0].request["attributes"]["display_name"] == "Ömer\nY."


def test_names_of_columns_are_mapped_and_columns_passed_over():
    (row,) = read(
        b"Login , E-Mail,Notes\nu-1,a@b.c,x\n", login="user_id", **{"e-mail": "email", "NOTES": None}
    )
    assert row.request == {"action": "create", "user_id": "u-1", "attributes": {"email": "a@b.c"}}


@pytest.mark.parametrize(
    ("header", "mapping", "expected"),
    [
        ("user_id,colour,shape", {}, [("unknown_column", "/columns/2"), ("unknown_column", "/columns/3")]),
        ("user_id,email,E-mail", {"e-mail": "email"}, [("not_allowed", "/columns/3")]),
        ("user_id", {"E-mail": "email"}, [("required", "/columns")]),
    ],
)
def test_a_header_that_is_not_understood_is_refused_with_all_that_is_wrong(header, mapping, expected):
    assert [(code, path) for code, path, _ in refused(f"{header}\nu-1\n".encode(), **mapping)] == expected


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "no_rows", "no header"),
        (
            "user_id,display_name\nu-1,Ömer\n".encode("latin-1"),
            "bad_encoding",
            "line 2 is not UTF-8 at its byte 5",
        ),
        ("user_id\nu-1\n".encode("utf-16"), "bad_encoding", "line 1"),
        (gzip.compress(b"user_id\nu-1\n" * 99), "compressed", "gzip"),
        (b"PK\x03\x04" + b"\x00" * 3_000_000, "compressed", "zip"),
        (b'user_id,reason\nu-1,"open\n' + b"u-2,x\n" * 20_000, "too_long", "row 2 does not end"),
        (b'user_id\n"u-1"x\n', "bad_format", "row 2 is not CSV"),
        (b'user_id\n"u-1', "bad_format", "row 2 is not CSV"),
        (b"user_id,reason\nu-1,a\rb\n", "bad_format", "a carriage return stands in a cell"),
        (b"user_id\n" + b"x" * 3_000_000, "too_long", "1,048,576 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_says_where(content, code, words):
    ((found, _, message),) = refused(content)
    assert found == code
    assert words in message


def test_a_mapping_goes_with_csv_only():
    assert [code for code, *_ in refused(b"{}", Format.JSONL, x="email")] == ["not_allowed"]


def test_a_ragged_row_and_a_huge_one_are_answered_by_themselves():
    huge = "x" * 300_000
    rows = read(f'user_id,reason\nu-1\nu-2,a,b\nu-3,{huge}\nu-4,"{huge}"\nu-5,ok\n'.encode())
    assert [[problem.code for problem in row.problems] for row in rows] == [
        ["ragged_row"],
        ["ragged_row"],
        ["too_long"],
        ["too_long"],
        [],
    ]
    assert [row.number for row in rows] == [2, 3, 4, 5, 6]
    assert (rows[0].raw, rows[4].request["user_id"]) == (["u-1"], "u-5")


def test_a_row_of_nothing_is_no_row_and_one_without_a_value_of_a_change_is_answered():
    rows = read(b"user_id,email,import_errors,notes\n,,,\nu-1,,,\n,,too long,x\n,,,\n", notes=None)
    assert [(row.number, [problem.code for problem in row.problems]) for row in rows] == [
        (3, []),
        (4, ["empty_row"]),
    ]


def test_a_header_with_hundreds_of_unknown_columns_is_refused_in_a_text_that_fits():
    header = ",".join(f"column-{n}" for n in range(500))
    problems = refused(f"{header}\n".encode())
    assert problems[-1][0] == "more_problems"
    assert len(problems) < 60


def test_memory_does_not_grow_with_the_file():
    def peak(rows: int) -> int:
        def content():
            yield b"user_id,username\n"
            yield from (f"u-{n},user{n}\n".encode() for n in range(rows))

        tracemalloc.start()
        _, read_rows = rows_of(content(), Format.CSV, {})
        assert sum(1 for _ in read_rows) == rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(20_000) < 1.5 * peak(1_000) + limits.ROW_BYTES_MAX
