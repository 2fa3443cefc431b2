"""Parses a request: its parameters, its body, its headers, and its caller."""

import re
import uuid
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import parse_qs

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from registrar.api.problems import Refused, invalid
from registrar.domain import limits
from registrar.domain.errors import Problem
from registrar.domain.fields import Reason
from registrar.domain.json_text import NotJson, read_json
from registrar.domain.problems import pointer, problem_of

BODY_MAX: Final = 64 * 1024
"""Bytes of a body; a valid change is far below."""

PAGE_MAX: Final = 100
DAYS_MAX: Final = 31
JSON_TYPES: Final = ("application/json", "application/merge-patch+json")


def _digits(text: Any) -> Any:  # noqa: ANN401 - of a query
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise PydanticCustomError("bad_format", "must be a whole number")
    return text


# RFC 3339, 5.6, without its leap second.
_RFC_3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)


def _moment(text: Any) -> Any:  # noqa: ANN401 - of a query
    if isinstance(text, str):
        try:
            # Python's own reader, and Pydantic's, take other forms as well: epochs, days, weeks.
            if _RFC_3339.fullmatch(text):
                return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # There is no such day, or in UTC it lies outside of the years 1 to 9999.
    message = "must be a time with its offset (RFC 3339), as 2030-01-31T12:00:00Z; in a query, + is %2B"
    raise PydanticCustomError("bad_format", message)


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Limit = Annotated[
    int, BeforeValidator(_digits), Field(ge=1, le=PAGE_MAX, description="How many are returned at most.")
]
CursorText = Annotated[
    str,
    Field(
        max_length=4000, pattern=limits.CURSOR_PATTERN, description="The `next` of the page before; opaque."
    ),
]


class Parameters(BaseModel):
    """Parameters of a query."""

    model_config = ConfigDict(frozen=True)


class FindParameters(Parameters):
    """Which users: those of a name, or those of a status."""

    email: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="The e-mail address, compared in normal form."
    )
    username: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="The username, compared in normal form."
    )
    status: Literal["active", "suspended"] | None = Field(
        default=None, description="Live users of this status, in the order of their newest change."
    )
    updated_after: Moment | None = Field(
        default=None,
        description="Only users whose newest change is later; with `status`. RFC 3339, with an offset.",
    )
    limit: Limit = 50
    cursor: CursorText | None = None


class PageParameters(Parameters):
    """One page of many."""

    limit: Limit = 50
    cursor: CursorText | None = None


class StatsParameters(Parameters):
    """How far back."""

    days: Annotated[int, BeforeValidator(_digits), Field(ge=1, le=DAYS_MAX)] = Field(
        default=7, description="So many days up to today, UTC."
    )


class DeleteParameters(Parameters):
    """Fields of a delete, which has no body."""

    reason: Reason | None = Field(default=None, description="Why; stands in the audit record.")


class NoParameters(Parameters):
    """None."""


P = TypeVar("P", bound=Parameters)

# RFC 9110, 8.8.3 and 5.6.1: a list of entity tags may have empty elements. Possessive, so that no header can
# make it look twice at anything.
_TAG: Final = re.compile(r'(?:W/)?"[!#-~\x80-\U0010FFFF]*"')
_TAGS: Final = re.compile(rf"[ \t,]*+{_TAG.pattern}(?:[ \t]*+,[ \t,]*+{_TAG.pattern})*+[ \t,]*+")
_VERSION: Final = re.compile(rf"0|[1-9][0-9]{{0,{limits.VERSION_DIGITS - 1}}}")


def parameters_of(event: APIGatewayProxyEventV2, model: type[P]) -> P:
    """Read the query.

    Raises:
        Refused: with every parameter that is given twice, not valid, or unknown.
    """
    given = parse_qs(event.raw_query_string or "", keep_blank_values=True)
    problems = [
        Problem("not_allowed", pointer("query", name), "is given more than once")
        for name, values in given.items()
        if len(values) > 1
    ]
    problems += [
        Problem("unknown_field", pointer("query", name), "is no parameter of this request")
        for name in given.keys() - model.model_fields
    ]
    known = {name: values[0] for name, values in given.items() if name in model.model_fields}
    try:
        parameters = model.model_validate(known)
    except ValidationError as error:
        problems += [problem_of(detail, "query") for detail in error.errors(include_url=False)]
    if problems:
        raise invalid(*problems)
    return parameters


def body_of(event: APIGatewayProxyEventV2) -> dict[str, Any]:
    """Read the body, a JSON object.

    Raises:
        Refused: it is too large, not JSON, or no object.
    """
    if not _is_json(event.headers.get("content-type") or JSON_TYPES[0]):
        detail = f"send {JSON_TYPES[0]}, in UTF-8"
        raise Refused("unsupported_media_type", detail=detail)
    given = event.body or ""
    # API Gateway encodes as base64 any body that it takes for binary.
    content = b64decode(given) if event.is_base64_encoded else given.encode("utf-8", "surrogatepass")
    if len(content) > BODY_MAX:
        detail = f"a body has at most {BODY_MAX} bytes"
        raise Refused("payload_too_large", detail=detail)
    try:
        body = read_json(content.decode())
    except UnicodeDecodeError:
        raise invalid(Problem("bad_format", "", "the body is not UTF-8")) from None
    except NotJson as error:
        raise invalid(
            Problem("bad_format" if error.too_deep else "wrong_type", "", f"the body {error}")
        ) from None
    if not isinstance(body, dict):
        raise invalid(Problem("wrong_type", "", "must be a JSON object"))
    return body


def _is_json(content_type: str) -> bool:
    """Return whether a media type (RFC 9110, 8.3.1) is JSON's, which is UTF-8 (RFC 8259, 8.1)."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [
        value.strip().strip('"')
        for name, _, value in (p.partition("=") for p in parameters)
        if name.strip() == "charset"
    ]
    return kind in JSON_TYPES and all(charset in ("utf-8", "us-ascii") for charset in charsets)


def refuse_actor(body: Mapping[str, Any]) -> None:
    """Refuse a body that names its actor.

    Raises:
        Refused: it does.
    """
    if "actor" in body:
        raise invalid(Problem("not_allowed", "/actor", "is the caller, as the signature or token says"))


def change_id_of(event: APIGatewayProxyEventV2, body: dict[str, Any]) -> str:
    """Return the id of a change: the header ``Idempotency-Key``, the body's ``change_id``, or a new one.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ has the key in quotes; most
    senders leave them out.

    Raises:
        Refused: the key cannot be a change_id, or differs from the body's.
    """
    given = body.get("change_id")
    key = event.headers.get("idempotency-key")
    if key is None:
        # One that is not valid is rejected, and recorded, by the state machine.
        return given if isinstance(given, str) and limits.is_change_id(given) else uuid.uuid4().hex
    key = unquoted(key)
    if not limits.is_change_id(key):
        words = f"{limits.WORDS[limits.CHANGE_ID_PATTERN]}, and not . or .."
        raise invalid(Problem("bad_format", "/headers/Idempotency-Key", words))
    if given not in (None, key):
        raise invalid(Problem("not_allowed", "/headers/Idempotency-Key", "differs from the body's change_id"))
    return key


def expected_versions_of(event: APIGatewayProxyEventV2) -> tuple[int, ...] | None:
    """Return the versions in the header ``If-Match``, None without one and for ``*`` (RFC 9110, 13.1.1).

    A tag that is no version of this API (a weak one, another server's) matches none and is left out.

    Raises:
        Refused: the header is no list of entity tags.
    """
    given = event.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    if not _TAGS.fullmatch(given):
        raise invalid(Problem("bad_format", "/headers/If-Match", 'must be a version in quotes, as "3", or *'))
    tags = (tag[1:-1] for tag in _TAG.findall(given) if not tag.startswith("W/"))
    return tuple(int(tag) for tag in tags if _VERSION.fullmatch(tag))


def prefers_async(event: APIGatewayProxyEventV2) -> bool:
    """Return whether the header ``Prefer`` says ``respond-async`` (RFC 7240, 4.1)."""
    given = (event.headers.get("prefer") or "").lower().split(",")
    return any(preference.partition(";")[0].strip() == "respond-async" for preference in given)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_ASSUMED_ROLE: Final = re.compile(
    rf"(arn:[a-z0-9-]+:sts::[0-9]{{12}}:assumed-role/[^/]+)/({limits.ACTOR_SESSION_PATTERN[1:-1]})"
)


def actor_of(event: APIGatewayProxyEventV2) -> dict[str, str]:
    """Return the caller as API Gateway has authenticated it, never as the request says.

    An assumed role is its ARN without the session's name, which stands by itself in ``session``.

    Raises:
        Refused: API Gateway names no caller, or one whose name cannot be recorded.
    """
    authorizer = event.raw_event["requestContext"].get("authorizer") or {}
    if "iam" in authorizer:
        actor = {"id": authorizer["iam"].get("userArn"), "type": "iam"}
    else:
        actor = {"id": authorizer.get("jwt", {}).get("claims", {}).get("sub"), "type": "jwt"}
    if not isinstance(actor["id"], str) or not limits.is_actor_id(actor["id"]):
        raise Refused("unknown_caller", detail="sign the request, or send a token with a subject")
    role = _ASSUMED_ROLE.fullmatch(actor["id"]) if actor["type"] == "iam" else None
    return actor if role is None else {**actor, "id": role[1], "session": role[2]}


def unquoted(text: str) -> str:
    """Return a key without the quotes that it may have."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
