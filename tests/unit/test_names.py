import pytest

from registrar.domain.names import earlier_form, earlier_forms, names_of, normal_form
from registrar_client.check import rules


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "aDA"),
        ("\u00e9", "e\u0301"),  # composed and decomposed e acute
        ("\uff41\uff44\uff41", "ada"),  # full width
        ("\ufb01n", "FIN"),  # the ligature fi
        ("straße", "STRASSE"),
        ("\u03c3\u03c2", "\u03a3\u03a3"),  # both small sigmas and the capital
        ("\u212bngstrom", "\u00e5NGSTROM"),  # the sign Angstrom is the letter
        ("x\u00b2", "X2"),
        ("a\uff20b", "A@B"),
        ("\u01f0\u0323", "J\u0323\u030c"),  # equivalent marks, in either order and composed or not
        ("\u0390", "\u03aa\u0301"),
        ("\u1f80\u0323", "\u1f00\u0323\u03b9"),  # the dot stays below the alpha
        ("\u1d2c\u0301", "\u00e1"),  # folded twice
    ],
)
def test_names_that_people_take_for_the_same_have_one_normal_form(one, other):
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada", "adá"), ("o", "0"), ("a.b", "ab"), ("a+x@b", "a@b"), ("\u0430da", "ada"), ("\u0131", "i")],
)
def test_names_that_differ_otherwise_stay_apart(one, other):
    assert normal_form(one) != normal_form(other)


def test_only_email_and_username_are_names_and_only_where_they_are_given():
    attributes = {"email": "Ada@X", "username": None, "display_name": "Ada", "status": "active"}
    assert names_of(attributes) == {"email": "ada@x"}
    assert names_of({}) == {}


def test_the_normal_form_is_closed():
    once = {name: normal_form(name) for name in map(chr, range(0x110000))}
    assert {name: normal_form(form) for name, form in once.items()} == once
    assert {name: rules.normal_form(name) for name in once} == once


def test_most_names_have_no_earlier_form():
    names = [
        "ada",
        "ada@example.com",
        "Müller",
        "\u00c5ngström",
        "\u0421\u0430\u0448\u0430",
        "\uac01",
        "\u5f20\u4f1f",
        "straße",
        "\u0399\u03c9\u03ac\u03bd\u03bd\u03b7\u03c2",
    ]
    assert [earlier_forms(name) for name in names] == [()] * len(names)


@pytest.mark.parametrize(
    ("one", "other"),
    [("\u01f0\u0323", "J\u0323\u030c"), ("\u0390", "\u03aa\u0301"), ("x\u03b0", "X\u03ab\u0301")],
)
def test_equal_names_that_were_held_apart_find_each_other(one, other):
    for name, equal in ((one, other), (other, one), (one, one)):
        assert earlier_form(equal) in earlier_forms(name)
        assert len(earlier_forms(name)) <= 2
