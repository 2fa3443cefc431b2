"""Bytes of samples, mutated at random."""

import os
import random
import re
from collections.abc import Sequence
from typing import Final

FIRST_SEED: Final = int(os.environ.get("FUZZ_SEED", "1"))
"""The first seed of a run. A failing test prints the one that failed: FUZZ_SEED=… brings it back."""

# fmt: off
TOKENS: Final[Sequence[bytes]] = (
    # Bytes that are no text, or ends of lines and texts.
    b"\x00", b"\n", b"\r", b"\r\n", b"\t", b" ", b"\x7f", b"\x80", b"\xff", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    # What looks like nothing or like something else: a mark, a joiner, a selector, a filler, a wide at sign.
    b"\xef\xbb\xbf", b"\xe2\x80\x8d", b"\xef\xb8\x8f", b"\xe3\x85\xa4", b"\xef\xbc\xa0", b"\xef\xbc\x9d",
    # What means something to JSON, CSV, URLs, headers, spreadsheets and stores.
    b'"', b"'", b'""', b"\\", b"\\u0000", b"\\ud800", b"\\N", b",", b":", b";", b"=", b"#", b"%", b"%00",
    b"%0a", b"%2F", b"%2e%2e", b"..", b"/", b"//", b"?", b"&", b"*", b"W/", b"{", b"}", b"[", b"]",
    b"null", b"true", b"0", b"-0", b"1.0", b"1e5", b"1e999", b"-1e999", b"NaN", b"Infinity", b"__proto__",
    b"=1+1", b"@x", b"0001-01-01", b"9999-12-31T23:59:59-01:00",
    b"id", b"actor", b"change_id", b"user_id", b"tags",
    # Too much of something.
    b"[" * 40, b'{"a":' * 200, b"[" * 985, b"9" * 30, b"9" * 5000, b"x" * 300, b"\xc3\xa9" * 40_000,
)
# fmt: on


# Where a value stands in JSON, in a cell, in a query, in a path, in a header.
_SLOTS: Final = re.compile(
    rb'"[^"]*"|\{[^{}]*\}|(?<==)[^&"\r\n]+|(?<=[,/:] )[^,/&?"\r\n]+|(?<=[,/:])[^,/&?" \r\n]+'
)
JSON_VALUES: Final = (
    *(b"null", b"true", b"false", b"0", b"-1", b"1.0", b"1e999", b"-1e999", b"NaN", b"[]", b"{}", b'""'),
    *(b'"x"', b'" x"', b'"."', b'".."', b'"a\\nb"', b'"\\u0000"', b'"\\ud800"', b'"\\udfff\\ud800"'),
    *(b'"\xe2\x80\x8d"', b'"a\xef\xb8\x8f"', b"9" * 30, b"9" * 5000),
    *(b"[" * depth + b"]" * depth for depth in (40, 900, 950, 960, 970, 975, 980, 985, 990, 20_000)),
    *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (33, 960, 983)),
    *(b'"' + b"\xc3\xa9" * length + b'"' for length in (300, 30_000, 60_000)),
    b'"' + b"x" * 70_000 + b'"',
)
URL_VALUES: Final = (
    *(b"", b".", b"..", b"%2e%2e", b"%00", b"%0a", b"u-1%0a", b"u-1%2Fhistory", b"%ff", b"%F0%9F%98%80"),
    *(b"active", b"suspended", b"0", b"-1", b"1e5", b"9" * 30, b"253402300800", b"2026-01-01", b"x" * 300),
    *(b"0001-01-01T00:00:00%2B01:00", b"9999-12-31T23:59:59-01:00", b"0999-01-01T00:00:00Z"),
    *(b"e30", b"eyJvZiI6InVzZXJzIn0", b"ada%EF%BC%A0example.com", b"a%E2%80%8Db"),
)
HEADER_VALUES: Final = (
    *(
        b"",
        b"*",
        b'"1"',
        b'W/"1"',
        b'"1", "2"',
        b'"x"',
        b'"',
        b"..",
        b".",
        b"it's-1",
        b"\xc3\xa9",
        b"9" * 300,
    ),
    *(b"application/json; charset=utf-16", b"text/plain", b"respond-async", b"respond-async; wait=0"),
)
CELL_VALUES: Final = (
    *(b"", b"\\N", b"=1+1", b"'=1+1", b"\xef\xbc\x9d1", b"@x", b'"a\r\nb"', b'"a\rb"', b'""', b"x" * 70_000),
    *(
        b'"{""a"": 1e999}"',
        b'"{""a"": ' + b"[" * 985 + b"]" * 985 + b'}"',
        b"\xed\xa0\x80",
        b"1e5",
        b"delete",
    ),
)


def mutation(
    content: bytes,
    donors: Sequence[bytes],
    values: Sequence[bytes],
    rng: random.Random,
    exchanged: float = 0.7,
) -> bytes:
    """Return bytes with one to four things done to them.

    Args:
        content: of a sample.
        donors: other samples, to splice in.
        values: what is put where a value stands.
        rng: makes the choices.
        exchanged: how often a value is exchanged; else any bytes are cut or replaced.
    """
    for _ in range(rng.choice((1, 1, 1, 1, 2, 4))):
        slots = list(_SLOTS.finditer(content)) if rng.random() < exchanged else []
        if slots:
            start, end = rng.choice(slots).span()
            content = content[:start] + rng.choice(values) + content[end:]
        else:
            content = _spliced(content, donors, rng)
    return content


def _spliced(content: bytes, donors: Sequence[bytes], rng: random.Random) -> bytes:
    at, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    end = min(end, at + rng.choice((0, 1, 4, 40)))
    donor = rng.choice(donors)
    start = rng.randrange(len(donor) + 1)
    put = (
        b"",
        bytes([rng.randrange(256)]),
        rng.choice(TOKENS),
        rng.choice(TOKENS),
        content[at:end] * 2,
        donor[start : start + rng.choice((1, 10, 100))],
    )
    return content[:at] + rng.choice(put) + content[end:]
