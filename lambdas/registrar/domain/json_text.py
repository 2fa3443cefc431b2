"""Reads untrusted JSON: numbers that are not finite and deep nesting are refused."""

import json
import math
import re
from typing import Any, Final

from registrar.domain import limits

# A string, whatever stands in it, or a bracket outside of strings. A string that does not end takes the whole
# rest, and nothing is looked at twice: else a text of quotes alone would take minutes.
_TOKENS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


class NotJson(ValueError):  # noqa: N818 - what the text is
    """A text that is not JSON (RFC 8259), or nests deeper than any valid request.

    Attributes:
        too_deep: whether its nesting is why.
    """

    def __init__(self, *, too_deep: bool = False) -> None:
        self.too_deep = too_deep
        super().__init__(f"nests deeper than {limits.DEPTH_MAX} levels" if too_deep else "is not JSON")


def read_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a JSON text.

    Python's own reader takes ``NaN`` and ``Infinity``, makes infinity of ``1e999``, and exhausts the stack on
    nesting, at a depth that differs between releases.

    Raises:
        NotJson: it is none, holds a number that is not finite, or nests deeper than ``limits.DEPTH_MAX``.
    """
    if _nests_deeply(text):
        raise NotJson(too_deep=True)
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except ValueError:
        raise NotJson from None


def _nests_deeply(text: str) -> bool:
    # Fewer brackets than that cannot nest so deep, and nearly no text has as many.
    if text.count("[") + text.count("{") <= limits.DEPTH_MAX:
        return False
    depth = 0
    for token in _TOKENS.finditer(text):
        bracket = token[0]
        if bracket in "[{":
            depth += 1
            if depth > limits.DEPTH_MAX:
                return True
        elif bracket in "]}":
            depth -= 1
    return False


def _refuse(_constant: str) -> float:
    raise NotJson


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJson
    return number
