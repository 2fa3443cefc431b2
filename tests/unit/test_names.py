import pytest

from registrar.names import names_of, normal_form


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
