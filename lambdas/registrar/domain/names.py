"""Unique names: username and e-mail address, and the forms in which they are compared."""

import unicodedata
from itertools import islice, product
from typing import Final

from registrar.domain import limits
from registrar.domain.canonical import JsonObject

NAME_KINDS: Final = ("email", "username")

EARLIER_MAX: Final = 32
"""How many earlier forms of one name are looked up at most; real names have two or three."""


def normal_form(name: str) -> str:
    """Return the form in which names are compared: Unicode's compatibility caseless matching, composed.

    It is idempotent, and canonically equivalent names have the same normal form.
    Source: Unicode Standard 3.13, D146 and D147 (decompose before case folding, normalize after it).
    """
    form = _folded(name)
    while (again := _folded(form)) != form:
        form = again
    return form


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())


def names_of(attributes: JsonObject) -> dict[str, str]:
    """Return the normal form of each name in a user's attributes, by kind (``email``, ``username``)."""
    found = ((kind, attributes.get(kind)) for kind in NAME_KINDS)
    return {kind: normal_form(name) for kind, name in found if isinstance(name, str)}


def may_be_held(kind: str, name: str) -> bool:
    """Return whether a name is short enough to be held; a longer one needs no look-up."""
    longest = {"email": limits.EMAIL_MAX, "username": limits.USERNAME_MAX}[kind]
    return len(normal_form(name)) <= longest


def earlier_form(name: str) -> str:
    """Return the normal form of the first version: NFKC, then case-folded; it is not idempotent."""
    return unicodedata.normalize("NFKC", name).casefold()


def earlier_forms(name: str) -> tuple[str, ...]:
    """Return the other forms under which the first version may have stored an equal name.

    They are few, and none for most names: only letters such as U+0390, or U+01F0 with further marks, had more
    than one. They are tried as small and as capital letters (docs/decisions/031).
    """
    normal = normal_form(name)
    if normal.isascii():
        return ()
    letters = (dict.fromkeys(map(earlier_form, (each, each.upper()))) for each in _letters(normal))
    spelled = map("".join, islice(product(*letters), EARLIER_MAX))
    forms = dict.fromkeys([earlier_form(name), *(form for form in spelled if normal_form(form) == normal)])
    return tuple(form for form in forms if form != normal)


def _letters(text: str) -> list[str]:
    """Cut a text into letters, each with its combining marks."""
    letters: list[str] = []
    for char in text:
        if letters and unicodedata.combining(char):
            letters[-1] += char
        else:
            letters.append(char)
    return letters
