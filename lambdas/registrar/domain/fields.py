"""Types of the fields of a request, with their rules: Pydantic validates them and makes the JSON Schema."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from registrar.domain import limits
from registrar.domain.names import normal_form
from registrar.domain.text import BLANK_IN_BMP, IGNORABLE_IN_BMP, all_is_seen, is_readable


def _printable(text: str) -> str:
    if not is_readable(text):
        raise PydanticCustomError("bad_format", "must not hold control or invisible characters")
    if text != text.strip():
        raise PydanticCustomError("bad_format", "must not begin or end with white space")
    return text


def _name(limit: int, pattern: str) -> AfterValidator:
    def check(text: str) -> str:
        normal = normal_form(text)
        # No joiners: two such names would look the same.
        if not (all_is_seen(text) and all_is_seen(normal)):
            raise PydanticCustomError("bad_format", "must not hold control, invisible or blank characters")
        # A normal form may be longer than what was given; it becomes a key, whose length is bounded.
        if len(normal) > limit:
            raise PydanticCustomError(
                "too_long", "is longer than {limit} characters in its normal form", {"limit": limit}
            )
        # A full-width @ becomes another one; a spacing accent becomes a space and an accent.
        if re.fullmatch(pattern, normal) is None:
            raise PydanticCustomError("bad_format", "has white space or an @ too many in its normal form")
        return text

    return AfterValidator(check)


def _reachable(text: str) -> str:
    if text in limits.DOT_SEGMENTS:
        raise PydanticCustomError("bad_format", "must not be . or .., which no path can hold")
    return text


# For the schema alone: _name gives a clearer message. Dialects differ beyond the BMP.
_UNSEEN: Final = IGNORABLE_IN_BMP + BLANK_IN_BMP
_SEEN_USERNAME: Final = Field(json_schema_extra={"pattern": rf"^[^\s{_UNSEEN}]+$"})
_SEEN_EMAIL: Final = Field(json_schema_extra={"pattern": rf"^[^@\s{_UNSEEN}]+@[^@\s{_UNSEEN}]+$"})
Username = Annotated[
    str,
    StringConstraints(min_length=1, max_length=limits.USERNAME_MAX, pattern=limits.USERNAME_PATTERN),
    _name(limits.USERNAME_MAX, limits.USERNAME_PATTERN),
    _SEEN_USERNAME,
]
Email = Annotated[
    str,
    StringConstraints(min_length=1, max_length=limits.EMAIL_MAX, pattern=limits.EMAIL_PATTERN),
    _name(limits.EMAIL_MAX, limits.EMAIL_PATTERN),
    _SEEN_EMAIL,
]
# For the schema alone: _printable gives a clearer message.
_TRIMMED: Final = Field(json_schema_extra={"pattern": r"^\S(.*\S)?$"})
_TRIMMED_OR_EMPTY: Final = Field(json_schema_extra={"pattern": r"^(\S(.*\S)?)?$"})
DisplayName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=limits.DISPLAY_NAME_MAX),
    AfterValidator(_printable),
    _TRIMMED,
]
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=limits.REASON_MAX), AfterValidator(_printable), _TRIMMED
]
TagKey = Annotated[str, StringConstraints(pattern=limits.TAG_KEY_PATTERN)]
TagValue = Annotated[
    str, StringConstraints(max_length=limits.TAG_VALUE_MAX), AfterValidator(_printable), _TRIMMED_OR_EMPTY
]
Tags = Annotated[
    dict[TagKey, TagValue | None],
    Field(max_length=limits.TAGS_MAX, json_schema_extra={"additionalProperties": False}),
]


ChangeId = Annotated[
    str,
    StringConstraints(pattern=limits.CHANGE_ID_PATTERN),
    AfterValidator(_reachable),
    Field(json_schema_extra={"pattern": limits.REACHABLE_CHANGE_ID_PATTERN}),
]


class StrictModel(BaseModel):
    """A model of untrusted JSON: nothing is converted, and no unknown field is accepted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
