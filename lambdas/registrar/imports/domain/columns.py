"""The columns of a CSV file, and what their cells mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from registrar.domain.change import Action
from registrar.domain.errors import ImportRefused, Problem
from registrar.domain.json_text import NotJson, read_json
from registrar.domain.user import ATTRIBUTES

FIELDS: Final = ("user_id", "action", *ATTRIBUTES, "expected_version", "reason", "change_id")
MAP_IT: Final = (
    'map it with --column "NAME=FIELD" (the API\'s "columns"), or pass it over with --column NAME='
)
ERRORS: Final = "import_errors"
"""The column of reasons in a file of rows that were not applied; an import ignores it."""

NULL: Final = r"\N"
"""A cell that removes an attribute, as databases write it; an empty cell leaves the attribute as it is."""

# What a spreadsheet may read as a formula, also in full width or after white space and invisible marks
# (https://owasp.org/www-community/attacks/CSV_Injection); and NULL.
_GUARDED: Final = re.compile(
    r"'*[\s\ufeff\u200b-\u200f\u2060]*[\x00-\x1f=+\-@|%\\\uff1d\uff0b\uff0d\uff20\uff5c\uff05]"
)


def cell_of(text: str) -> str:
    """Write a text so that no spreadsheet runs it: a leading ``'`` goes before what looks like a formula."""
    return f"'{text}" if _GUARDED.match(text) else text


def text_in(cell: str) -> str:
    """Read back what ``cell_of`` wrote; any other cell is its text."""
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell


@dataclass(frozen=True)
class Columns:
    """The field of a change that each column of a file holds, None for a column that is ignored."""

    fields: tuple[str | None, ...]

    @classmethod
    def of(cls, header: Sequence[str], mapping: Mapping[str, str | None]) -> Self:
        """Read a header.

        Args:
            header: the names in the file's first row.
            mapping: name in the file to the field that its column holds, None to ignore the column.

        Raises:
            ImportRefused: with every column that is unknown, a duplicate, or missing.
        """
        renamed = {_normal(name): field for name, field in mapping.items()}
        found: list[str | None] = []
        problems = []
        for place, name in enumerate(map(_normal, header), start=1):
            field = renamed.get(name, name)
            path = f"/columns/{place}"
            if field in (None, ERRORS):
                found.append(None)
            elif field not in FIELDS:
                # Without its name: in a file without a header that is personal data, and errors are logged.
                message = f"column {place} is none of {', '.join(FIELDS)}; {MAP_IT}"
                problems.append(Problem("unknown_column", path, message))
            elif field in found:
                problems.append(Problem("not_allowed", path, f"column {place} is the second for {field}"))
            else:
                found.append(field)
        absent = [name for name in renamed if name not in map(_normal, header)]
        problems += [
            Problem("required", "/columns", f"{len(absent)} of the mapped columns are not in the header")
        ] * bool(absent)
        if problems:
            raise ImportRefused(*problems)
        return cls(tuple(found))

    def has_value(self, cells: Sequence[str]) -> bool:
        """Tell whether any column that is not ignored has a value in a row."""
        return any(cell for field, cell in zip(self.fields, cells, strict=True) if field is not None)

    def request_of(self, cells: Sequence[str]) -> dict[str, Any]:
        """Return the change that a row's cells ask for, valid or not.

        Raises:
            NotJson: the tags nest too deep.
        """
        request: dict[str, Any] = {"action": Action.CREATE.value}
        attributes: dict[str, Any] = {}
        for field, cell in zip(self.fields, cells, strict=True):
            if field is None or cell == "":
                continue
            target = attributes if field in ATTRIBUTES else request
            target[field] = _value(field, cell)
        if attributes or request["action"] != Action.DELETE:
            request["attributes"] = attributes
        return request


def _value(field: str, cell: str) -> Any:  # noqa: ANN401 - any JSON value
    if field in ATTRIBUTES and cell == NULL:
        return None
    text = text_in(cell)
    # A value of the wrong type stays a string; the validation of the request reports it.
    if field == "expected_version" and re.fullmatch(r"[0-9]{1,18}", text):
        return int(text)
    if field == "tags":
        try:
            return read_json(text)
        except NotJson as error:
            if error.too_deep:
                raise
            return text
    return text


def _normal(name: str) -> str:
    return text_in(name.strip()).strip().casefold()
