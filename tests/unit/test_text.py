"""Which characters requests may hold, and where; on names the rules hold for the normal form, too."""

import unicodedata

import pytest
import regex

from registrar.domain.request import identify
from registrar.domain.text import all_is_seen, is_readable

EVERY_CHARACTER = [chr(code) for code in range(0x110000)]
BLANKS = "\u2800\ufffc\U0001d159\U00013441\U00013442\U00016fe4"

READABLE = [
    "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",  # Alireza: the joiner keeps two letters apart
    "\u067e\u0648\u0631\u200c\u0639\u0644\u06cc \u06f1\u200c\u0645",
    "\u0d2e\u0d4b\u0d39\u0d28\u0d4d\u200d",  # Mohan in Malayalam, with the older spelling of its last letter
    "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sri in Sinhala
    "\u09b0\u200d\u09cd\u09af\u09be\u09ac",  # a joiner before a sign
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 Family",
    "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f468",
    "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f9d1\U0001f3fd\u200d\U0001f680",
    "1\ufe0f\u20e3",
    "\u8fba\U000e0100",  # a variant of an ideograph, as in family names
    "\u1828\u180b\u1820\u180e\u1820",  # Mongolian, a selector and a separator
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Scot",
]
UNREADABLE = [
    "\u200d", "a\u200d", "\u200ca", "a\u200c\u200cb", "a\u200d\u200cb", "a \u200db", "a\u200c b",
    "\u0639\u0644\u06cc\u200c",
    "\u2764\ufe0f\u200d", "\ufe0f\u200da", "a\ufe0f\ufe0fb", "\ufe0fa", "a \ufe0fb", "a\u180bb", "a\u180eb",
    "\u1820\u180e", "\u1820\u180ea", "a\U000e0061\U000e007f", "\U0001f3f4\U000e0067", "\U0001f3f4\U000e007f",
    "\U0001f3f4" + "\U000e0061" * 7 + "\U000e007f",
    *(f"a{char}b" for char in "\u00ad\u034f\u061c\u200b\u200e\u202e\u2066\u2060\u3164\uffa0\ufeff"),
    *(f"a{char}b" for char in BLANKS),
]  # fmt: skip


def codes(**attributes: str) -> list[tuple[str, str]]:
    request = {"action": "update", "user_id": "u-1", "actor": {"id": "a", "type": "user"}, "reason": "r"}
    problems = identify({**request, "attributes": attributes}, "execution-1").problems
    return [(problem.code, problem.path) for problem in problems]


@pytest.mark.parametrize("text", READABLE)
def test_what_letters_and_emoji_need_stands_in_free_text_and_in_no_name(text):
    assert codes(display_name=text) == []
    assert identify(
        {"action": "delete", "user_id": "u", "actor": {"id": "a", "type": "user"}, "reason": text}, "e"
    ).change
    username = text.replace(" ", "")
    assert codes(username=username) == [("bad_format", "/attributes/username")]
    assert codes(email=f"{username}@x") == [("bad_format", "/attributes/email")]


@pytest.mark.parametrize("text", UNREADABLE, ids=ascii)
def test_what_is_not_seen_stands_nowhere_else(text):
    assert codes(display_name=text) == [("bad_format", "/attributes/display_name")]
    assert codes(tags={"a": text}) == [("bad_format", "/attributes/tags/a")]


def test_no_default_ignorable_code_point_is_seen():
    """Held against the tables of another implementation of Unicode."""
    ignorable = regex.compile(r"\p{Default_Ignorable_Code_Point}")
    unseen = [char for char in EVERY_CHARACTER if not all_is_seen(char)]
    assert {char for char in EVERY_CHARACTER if ignorable.match(char)} | set(BLANKS) <= set(unseen)
    beyond = [c for c in unseen if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]
    assert {char for char in beyond if not ignorable.match(char)} <= set(BLANKS)
    assert not any(map(is_readable, unseen))


@pytest.mark.parametrize(
    "name", ["ada\ufe0f", "\u3164", "a\u115fb", "a\uffa0", "\u2800", "x\U000e0100", "a\u180bb"]
)
def test_names_that_look_alike_or_like_nothing_are_refused(name):
    assert codes(username=name) == [("bad_format", "/attributes/username")]
    assert codes(email=f"{name}@example.com") == [("bad_format", "/attributes/email")]


@pytest.mark.parametrize(
    "email", ["e\uff20e.com@e.com", "e@\ufe6be.com", "a\u00a8@b", "\uff20@b", "a@b\u00b4"]
)
def test_an_address_is_one_in_its_normal_form(email):
    assert codes(email=email) == [("bad_format", "/attributes/email")]


@pytest.mark.parametrize("name", ["a\u00a8", "\u00b4a", "a\u203eb", "a\ufdfab"])
def test_a_username_has_no_white_space_in_its_normal_form(name):
    assert codes(username=name) == [("bad_format", "/attributes/username")]
