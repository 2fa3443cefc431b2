"""Turns Pydantic's errors into problems: a code, a path and a message."""

from typing import Final

from pydantic_core import ErrorDetails

from registrar.domain import limits
from registrar.domain.errors import Problem

# Pydantic's error types (https://docs.pydantic.dev/latest/errors/validation_errors/) and ours.
_CODES: Final = {
    "missing": ("required", "is required"),
    "extra_forbidden": ("unknown_field", "is not a field of a change"),
    "string_too_short": ("too_short", "must not be empty"),
    "string_too_long": ("too_long", "must have at most {max_length} characters"),
    "too_long": ("too_long", "must have at most {max_length} entries"),
    "literal_error": ("not_allowed", "must be {expected}"),
    "string_unicode": ("bad_format", "is not valid Unicode"),
    "greater_than_equal": ("out_of_range", "must be at least {ge}"),
    "less_than_equal": ("out_of_range", "must be at most {le}"),
}
_TYPES: Final = {"string_type": "a string", "int_type": "an integer", "bool_type": "true or false"}


def problem_of(detail: ErrorDetails, *above: str) -> Problem:
    """Return the problem of one of Pydantic's errors; ``above`` leads its path."""
    code, text = _CODES.get(detail["type"], (None, None))
    # Pydantic writes a fault of a tag's key as (…, key, "[key]").
    location = list(detail["loc"][:3] if detail["loc"][:2] == ("attributes", "tags") else detail["loc"])
    if code is None and detail["type"] in ("bad_format", "too_long", "not_allowed"):
        code, text = detail["type"], detail["msg"]
    elif detail["type"] == "string_pattern_mismatch":
        code, text = "bad_format", limits.WORDS[detail["ctx"]["pattern"]]
    elif code is None and detail["type"].endswith("_type"):
        code, text = "wrong_type", f"must be {_TYPES.get(detail['type'], 'a JSON object')}"
    elif code is None:
        code, text = "invalid", "is not valid"
    elif "limit" in detail.get("ctx", {}):
        text = detail["msg"]
    else:
        text = str(text).format(**detail.get("ctx", {}))
    return Problem(str(code), pointer(*above, *location), str(text))


def pointer(*location: str | int) -> str:
    """Return a JSON Pointer (RFC 6901), cut at ``limits.PATH_MAX`` characters."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    path = "".join(f"/{part}" for part in parts)
    return path if len(path) <= limits.PATH_MAX else path[: limits.PATH_MAX - 1] + "…"
