"""Which characters a text may hold: visible ones, and the invisible ones that shape them.

Sources: Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties 16.0), RFC 5892 appendices A.1 and A.2
(joiners), UTS 51 (emoji sequences) and UTS 37 (variants of ideographs); docs/decisions/032 weighs them.
"""

import re
import unicodedata
from typing import Final

# Also what is still unassigned in these ranges.
IGNORABLE_IN_BMP: Final = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
)
"""Default_Ignorable_Code_Point as a part of a regular expression's class, of Python and of ECMA-262."""

# Blank, though not Default_Ignorable: Braille's empty cell, object replacement, fillers, a notehead.
BLANK_IN_BMP: Final = r"\u2800\ufffc"
_BEYOND_BMP: Final = (
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"\U00013441\U00013442\U00016fe4\U0001d159"
)
_UNSEEN: Final = re.compile(f"[{IGNORABLE_IN_BMP}{BLANK_IN_BMP}{_BEYOND_BMP}]")
_CATEGORIES: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

_JOINERS: Final = "\u200c\u200d"
_SELECTOR: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_MONGOLIAN: Final = re.compile("[\u1820-\u1878\u1880-\u18aa]")
_MONGOLIAN_SELECTORS: Final = "\u180b\u180c\u180d\u180f"
_MONGOLIAN_SEPARATOR: Final = "\u180e"
# England, Scotland and Wales: a black flag, letters and digits as tags, and the end of the tags.
_FLAG: Final = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_VIRAMA: Final = 9
"""Canonical_Combining_Class of the signs that take a letter's vowel away."""


def all_is_seen(text: str) -> bool:
    """Return whether a text has no control, invisible or blank characters at all."""
    return not any(map(_is_unseen, text))


def is_readable(text: str) -> bool:
    """Return whether a text's only invisible characters are those that shape visible neighbours.

    These are joiners between two visible characters or behind a virama, one variation selector behind a
    visible character, Mongolian selectors and separators behind Mongolian letters, and the tags of a flag.
    """
    text = _FLAG.sub("\U0001f3f4", text)
    return all(_shapes(text, place) for place, char in enumerate(text) if _is_unseen(char))


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in _CATEGORIES or _UNSEEN.match(char) is not None


def _is_seen(char: str) -> bool:
    return char != "" and not char.isspace() and not _is_unseen(char)


def _shapes(text: str, place: int) -> bool:
    char, before, after = text[place], text[:place][-1:], text[place + 1 : place + 2]
    if char in _JOINERS:
        # A selector belongs to the character before it, as in a heart's of an emoji.
        shaped = text[: place - 1][-1:] if _SELECTOR.match(before) else before
        return _is_seen(shaped) and (_is_seen(after) or unicodedata.combining(before) == _VIRAMA)
    if _SELECTOR.match(char):
        return _is_seen(before)
    is_mongolian = _MONGOLIAN.match(before) is not None
    if char == _MONGOLIAN_SEPARATOR:
        return is_mongolian and _MONGOLIAN.match(after) is not None
    return char in _MONGOLIAN_SELECTORS and is_mongolian
