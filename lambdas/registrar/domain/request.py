"""The request of a change: plain JSON, validated as a whole with Pydantic.

Only the functions that see raw requests import this module; the others work on ``Change``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from registrar.domain import limits
from registrar.domain.canonical import pruned, sha256_of
from registrar.domain.change import Action, Change
from registrar.domain.errors import Problem, bounded
from registrar.domain.fields import ChangeId, DisplayName, Email, Reason, StrictModel, Tags, Username
from registrar.domain.problems import problem_of


def _no_null(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if value is None:
        raise PydanticCustomError("not_allowed", "cannot be removed; choose active or suspended")
    return value


class Attributes(StrictModel):
    """A JSON Merge Patch (RFC 7396) on a user's attributes: null removes."""

    username: Username | None = Field(default=None, description="Held by one live user in its normal form.")
    email: Email | None = Field(default=None, description="Held by one live user in its normal form.")
    display_name: DisplayName | None = None
    status: Annotated[
        Literal["active", "suspended"] | None,
        AfterValidator(_no_null),
        WithJsonSchema({"enum": ["active", "suspended"], "type": "string"}),
    ] = Field(default="active")
    tags: Tags | None = None


class Actor(StrictModel):
    """Who asks for the change."""

    id: Annotated[str, StringConstraints(pattern=limits.ACTOR_ID_PATTERN)]
    type: Annotated[str, StringConstraints(pattern=limits.ACTOR_TYPE_PATTERN)]
    session: Annotated[str, StringConstraints(pattern=limits.ACTOR_SESSION_PATTERN)] | None = Field(
        default=None,
        description="Of an assumed role. Recorded; a change repeated under another session is the same.",
    )

    def as_json(self) -> dict[str, str]:
        """Return the actor as records hold it: without a session when it has none."""
        return self.model_dump(exclude_none=True)


class ChangeRequest(StrictModel):
    """One user change, as an execution, the API, the client or a row of an import sends it."""

    # _cross_checks in JSON Schema.
    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {
                    "if": {"properties": {"action": {"const": "create"}}, "required": ["action"]},
                    "then": {"properties": {"user_id": {"not": {"enum": [*limits.DOT_SEGMENTS]}}}},
                }
            ],
            "if": {"properties": {"action": {"const": "delete"}}},
            "then": {"properties": {"attributes": {"maxProperties": 0}}},
            "else": {"properties": {"attributes": {"type": "object"}}, "required": ["attributes"]},
        }
    )

    change_id: ChangeId | None = Field(
        default=None,
        description="Takes effect once, forever. Follows from the execution's name when left out.",
    )
    action: Literal["create", "update", "delete"]
    user_id: Annotated[str, StringConstraints(pattern=limits.USER_ID_PATTERN)]
    attributes: Attributes | None = Field(
        default=None, description="Required to create and update; not for delete."
    )
    expected_version: Annotated[int, Field(ge=0, le=limits.VERSION_MAX)] | None = Field(
        default=None, description="The version last seen; when stale the change is rejected. 0: never there."
    )
    actor: Actor
    reason: Reason | None = None


@dataclass(frozen=True)
class Identified:
    """The usable parts of any request, valid or not: enough to record its rejection.

    Attributes:
        change_id: the request's own where usable, else ``change_id_of_execution``.
        user_id: None when the request gives no usable one; so are action, actor and reason.
        problems: every problem of the request; empty for a valid one.
        change: the valid change, None for an invalid request.
    """

    change_id: str
    request_hash: str
    user_id: str | None
    action: Action | None
    actor: Mapping[str, str] | None
    reason: str | None
    problems: tuple[Problem, ...]
    change: Change | None


def identify(request: Any, execution_name: str) -> Identified:  # noqa: ANN401 - any JSON value
    """Check a request and find every problem at once.

    Args:
        request: any JSON value.
        execution_name: gives the change_id when the request has none that is usable.
    """
    request_hash = request_hash_of(request)
    own_id = change_id_of_execution(execution_name)
    model, found = None, _cross_checks(request)
    try:
        model = ChangeRequest.model_validate(_with_readable_keys(pruned(request, limits.DEPTH_MAX)))
    except ValidationError as error:
        found = [*(problem_of(detail) for detail in error.errors(include_url=False)), *found]
    problems = bounded(found)
    if model is None or problems:
        return Identified(
            change_id=_usable(request, "change_id", problems) or own_id,
            request_hash=request_hash,
            user_id=_usable(request, "user_id", problems),
            action=Action(request["action"]) if _usable(request, "action", problems) else None,
            actor=_actor(_usable(request, "actor", problems)),
            reason=_usable(request, "reason", problems),
            problems=problems,
            change=None,
        )
    change = Change(
        change_id=model.change_id or own_id,
        action=Action(model.action),
        user_id=model.user_id,
        attributes=model.attributes.model_dump(exclude_unset=True) if model.attributes else {},
        expected_version=model.expected_version,
        actor=model.actor.as_json(),
        reason=model.reason,
        request_hash=request_hash,
    )
    return Identified(
        change.change_id, request_hash, change.user_id, change.action, change.actor, change.reason, (), change
    )


def request_hash_of(request: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the SHA-256 of a request without its change_id and its actor's session.

    It is the same for a replay and differs for a reused id.

    Levels deeper than those of any valid request are ignored, so that no nesting can exhaust the stack.
    """
    request = without_session(pruned(request, limits.DEPTH_MAX))
    if isinstance(request, dict):
        request = {name: value for name, value in request.items() if name != "change_id"}
    return sha256_of(request)


def change_id_of_execution(name: str) -> str:
    """Return the change_id of a request without one, derived from its execution's name.

    It is that name, or its hash when the name has characters that a change_id must not have.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    if limits.is_change_id(name):
        return name
    return f"x-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def without_session(request: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a request (of a change or an import) without its session, so that retries compare equal.

    A role that tries again has a new session: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html
    """
    actor = request.get("actor") if isinstance(request, dict) else None
    if not isinstance(actor, dict):
        return request
    return {**request, "actor": {name: value for name, value in actor.items() if name != "session"}}


def made_user_id(change_id: str) -> str:
    """Return the id of a user whose creator names none: the same for each repetition of the same change."""
    # The given id may be invalid, lone surrogates included; that is reported with the other problems.
    return f"u-{hashlib.sha256(change_id.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


def _with_readable_keys(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    # At a key with a lone surrogate Pydantic stops and reports nothing else of its object.
    if not isinstance(value, dict):
        return value
    return {
        name.encode("utf-8", "replace").decode(): _with_readable_keys(inner) for name, inner in value.items()
    }


def _cross_checks(request: Any) -> list[Problem]:  # noqa: ANN401 - any JSON value
    if not isinstance(request, dict):
        return []
    action, attributes = request.get("action"), request.get("attributes")
    if action == Action.DELETE and isinstance(attributes, dict) and attributes:
        return [Problem("not_allowed", "/attributes", "a delete takes no attributes")]
    # An existing user with such an id can still be updated and deleted.
    unreachable = action == Action.CREATE and request.get("user_id") in limits.DOT_SEGMENTS
    found = [Problem("bad_format", "/user_id", "must not be . or .., which no path can hold")] * unreachable
    if action in (Action.CREATE.value, Action.UPDATE.value) and attributes is None:
        found.append(Problem("required", "/attributes", f"attributes are required to {action} a user"))
    return found


def _actor(usable: Any) -> dict[str, str] | None:  # noqa: ANN401 - JSON
    return None if usable is None else Actor.model_validate(usable).as_json()


def _usable(request: Any, field: str, problems: tuple[Problem, ...]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a field's value where it stands alone without a problem, else None."""
    if not isinstance(request, dict) or any(p.path.split("/")[1:2] == [field] for p in problems):
        return None
    try:
        ChangeRequest.__pydantic_validator__.validate_assignment(
            ChangeRequest.model_construct(), field, request.get(field)
        )
    except ValidationError as error:
        if any(detail["loc"][:1] == (field,) for detail in error.errors()):
            return None
    return request.get(field)
