import hashlib

import pytest

from registrar.domain.canonical import canonical_json, pruned, sha256_of


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None, "é"]}, '{"a":[true,null,"é"],"b":1}'),
        ({"é": 1, "z": 2, "Z": 3}, '{"Z":3,"z":2,"é":1}'),
        # RFC 8785, 3.2.2.2: these escapes and no others.
        ('\b\t\n\f\r"\\/\x0f\x7f\u2028', r'"\b\t\n\f\r\"\\/\u000f' + '\x7f\u2028"'),
        ("😀", '"😀"'),
        ("", '""'),
    ],
)
def test_each_value_has_one_form(value, written):
    assert canonical_json(value) == written.encode()


def test_a_lone_surrogate_is_written_rather_than_refused():
    assert canonical_json("\ud800") == b'"\xed\xa0\x80"'


def test_the_hash_is_sha_256_of_the_canonical_form_in_hexadecimal():
    assert sha256_of({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()


def test_values_that_are_equal_in_python_have_different_hashes():
    assert len({canonical_json(value) for value in (1, True, 1.0, "1", [1])}) == 5


def test_pruning_reads_nothing_below_its_depth():
    deep: object = "unread"
    for _ in range(100_000):
        deep = {"a": [deep]}
    assert pruned(deep, 3) == {"a": [{"a": None}]}
    assert pruned({"a": [1, {"b": 2}]}, 3) == {"a": [1, {"b": 2}]}
