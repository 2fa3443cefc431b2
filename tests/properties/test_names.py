"""The normal form of names: closed, the same for equivalent names, and the same in both implementations."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from registrar.domain.names import earlier_form, earlier_forms, normal_form
from registrar_client.check import rules
from tests.model import name_form
from tests.properties.strategies import TEXT_IN_LETTERS

EVERY_CHARACTER = [chr(code) for code in range(0x110000)]
ANY_TEXT = st.one_of(st.text(max_size=12), TEXT_IN_LETTERS)


def test_of_every_character_the_normal_form_is_closed_and_the_checker_s():
    for char in EVERY_CHARACTER:
        form = normal_form(char)
        assert normal_form(form) == form
        assert rules.normal_form(char) == form
        assert rules.first_form(char) == earlier_form(char)


@given(ANY_TEXT)
@example("\u1f80\u0323")
def test_the_normal_form_is_closed_and_the_same_in_the_checker_and_in_the_model(text: str):
    form = normal_form(text)
    assert normal_form(form) == form
    assert rules.normal_form(text) == form
    assert name_form(text) == form


@given(ANY_TEXT)
@example("\u01f0\u0323")
def test_equivalent_names_and_other_cases_have_one_normal_form(text: str):
    for form in ("NFC", "NFD"):
        assert normal_form(unicodedata.normalize(form, text)) == normal_form(text)
    assert normal_form(unicodedata.normalize("NFD", text).casefold()) == normal_form(text)


@given(ANY_TEXT)
def test_the_earlier_form_of_a_name_is_among_those_that_are_looked_for(text: str):
    normal, first = normal_form(text), earlier_form(text)
    assert first == normal or first in earlier_forms(text)
    assert normal not in earlier_forms(text)
    assert len(earlier_forms(text)) <= 33


@given(TEXT_IN_LETTERS, TEXT_IN_LETTERS)
@example("\u01f0\u0323", "J\u0323\u030c")
@example("J\u0323\u030c", "\u01f0\u0323")
@example("\u0390", "\u03aa\u0301")
def test_equal_names_find_each_other_s_earlier_form(one: str, other: str):
    for equal in (other, one.upper(), one.lower(), unicodedata.normalize("NFD", one)):
        if normal_form(equal) == normal_form(one) and len(one) < 5:
            assert earlier_form(equal) in (normal_form(one), *earlier_forms(one))
