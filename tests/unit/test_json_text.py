import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain import limits
from registrar.domain.json_text import NotJson, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_json_writes_is_read_back(value):
    assert read_json(json.dumps(value)) == value


def nested(depth: int, opening: str, closing: str) -> str:
    return opening * depth + "1" + closing * depth


@pytest.mark.parametrize("rest", ['\\"' * 200_000, "\\\\" * 200_000, "\\", '"' * 200_001, "x" * 400_000])
def test_no_string_is_looked_at_twice(rest):
    # Where each quote began a search of its own, this took minutes.
    with pytest.raises(NotJson):
        read_json("[]" * 40 + '"' + rest)


@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}"), ('[{"]":', "}]")])
def test_what_nests_deeper_than_the_limit_is_refused_and_the_limit_itself_is_read(pair):
    depth = limits.DEPTH_MAX // len(pair[1])
    assert read_json(nested(depth, *pair))
    for deeper in (depth + 1, 984, 100_000):
        with pytest.raises(NotJson) as refused:
            read_json(nested(deeper, *pair))
        assert refused.value.too_deep


@pytest.mark.parametrize(
    "text", ["[" * 200 + '"', '{"a": "' + "[" * 200 + '"}', '{"a": "\\"' + "{" * 200 + '"}']
)
def test_brackets_within_strings_do_not_nest(text):
    if text.startswith("{"):
        assert set(read_json(text)) == {"a"}
    else:
        with pytest.raises(NotJson):
            read_json(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nul",
        "NaN",
        "-Infinity",
        "1e999",
        "[-1e400]",
        '{"a": 1E+310}',
        "9" * 5000,
        '"\t"',
        "[1,]",
        '{"a":1',
    ],
)
def test_what_is_not_json_or_not_finite_is_refused(text):
    with pytest.raises(NotJson) as refused:
        read_json(text)
    assert not refused.value.too_deep
