"""The names that a user holds alone."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

NAME_KINDS: Final = ("email", "username")


def normal_form(name: str) -> str:
    """Return the form in which names are compared: Unicode NFKC, then case-folded."""
    return unicodedata.normalize("NFKC", name).casefold()


def names_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return the normal form of each name in a user's attributes, by kind (``email``, ``username``)."""
    return {kind: normal_form(attributes[kind]) for kind in NAME_KINDS if attributes.get(kind) is not None}
