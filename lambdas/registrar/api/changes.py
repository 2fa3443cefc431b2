"""The routes that change users, and the one that returns the outcome of a change."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from registrar.api import resources
from registrar.api.models import Accepted, ChangeAnswer
from registrar.api.problems import Refused, invalid, rejection_response
from registrar.api.requests import (
    DeleteParameters,
    NoParameters,
    actor_of,
    body_of,
    change_id_of,
    expected_versions_of,
    parameters_of,
    prefers_async,
    refuse_actor,
)
from registrar.api.responses import RETRY_AFTER, etag, json_response
from registrar.domain import limits
from registrar.domain.change import Action, Outcome
from registrar.domain.errors import Problem
from registrar.domain.request import identify, made_user_id

router = APIGatewayHttpRouter()


@router.post("/changes")
def post_change() -> Response[str]:
    """Run any change."""
    return _submit(body_of(router.current_event))


@router.post("/users")
def post_user() -> Response[str]:
    """Create a user; without a user_id it gets one that follows from the change's id."""
    body = _without(body_of(router.current_event), "action")
    change_id = change_id_of(router.current_event, body)
    if body.get("change_id") is None:
        # A generated id must be the same here and in _submit.
        body = {**body, "change_id": change_id}
    return _submit({"user_id": made_user_id(change_id), **body, "action": Action.CREATE.value})


@router.patch("/users/<user_id>")
def patch_user(user_id: str) -> Response[str]:
    """Update a user."""
    body = _without(body_of(router.current_event), "action", "user_id")
    return _submit({**body, "action": Action.UPDATE.value, "user_id": user_id})


@router.delete("/users/<user_id>")
def delete_user(user_id: str) -> Response[str]:
    """Delete a user."""
    reason = parameters_of(router.current_event, DeleteParameters).reason
    request = {"action": Action.DELETE.value, "user_id": user_id}
    return _submit(request if reason is None else {**request, "reason": reason})


@router.get("/changes/<change_id>")
def get_change(change_id: str) -> Response[str]:
    """Return the outcome of a change; 202 while it runs."""
    parameters_of(router.current_event, NoParameters)
    if not limits.is_change_id(change_id):
        raise Refused("not_found", detail="this cannot be a change_id")
    execution = None
    # Twice: the change may be decided between the read of its receipt and that of its execution.
    for _ in range(2):
        record = resources.store.receipt(change_id)
        if record is not None:
            return json_response(HTTPStatus.OK, _answer_of(record.answer(replayed=True)))
        execution = execution or resources.changes.find(change_id)
        if execution is None:
            raise Refused("not_found", detail="nothing is known of this change_id")
        status = execution.status
        if status == "RUNNING":
            return _accepted(change_id)
    detail = f"its execution has {status} without an answer; start the same change again"
    raise Refused("not_found", detail=detail)


def _without(body: dict[str, Any], *fields: str) -> dict[str, Any]:
    problems = [
        Problem("unknown_field", f"/{name}", "is said by method and path") for name in fields if name in body
    ]
    if problems:
        raise invalid(*problems)
    return body


def _submit(request: dict[str, Any]) -> Response[str]:
    """Complete a change with its id, version and actor, run it, and return the response."""
    event = router.current_event
    refuse_actor(request)
    change_id = change_id_of(event, request)
    expected_version = _expected_version(request)
    change = {"change_id": change_id, **request, "actor": actor_of(event)}
    if expected_version is not None:
        change["expected_version"] = expected_version
    # An invalid change is answered at once, as there is nothing to wait for. When the execution's name is
    # taken, this change was started before: it is answered from its receipt, or run once more.
    waits = not prefers_async(event) or identify(change, change_id).change is None
    if not waits and resources.changes.start(change_id, change):
        return _accepted(change_id)
    answered = _answer_of(resources.changes.answer(change_id, change))
    return _answered(answered, created=change.get("action") == Action.CREATE)


def _expected_version(request: dict[str, Any]) -> int | None:
    """Return the version that ``If-Match`` asks for.

    It is one: if the user's own were chosen among several, a retry would ask for another than the first try
    did, and so be another request under the same id.
    """
    versions = expected_versions_of(router.current_event)
    if versions is None:
        return None
    if not versions:
        problem = Problem(
            "version_conflict", "/headers/If-Match", "names no version that this user can be at"
        )
        raise Refused("version_conflict", problem)
    if len(set(versions)) > 1:
        raise invalid(
            Problem("not_allowed", "/headers/If-Match", "names several versions; name the one last seen")
        )
    version, said = versions[0], request.get("expected_version")
    # True and 1.0 equal 1, and are no versions.
    if said is not None and (type(said) is not int or said != version):
        raise invalid(Problem("not_allowed", "/headers/If-Match", "differs from the body's expected_version"))
    return version


def _accepted(change_id: str) -> Response[str]:
    headers = {"Location": f"/changes/{change_id}", **RETRY_AFTER}
    return json_response(HTTPStatus.ACCEPTED, Accepted(change_id=change_id, status="RUNNING"), headers)


def _answer_of(value: Mapping[str, Any]) -> ChangeAnswer:
    # Without the fields that a later release may have added, when this one is in place again.
    return ChangeAnswer.model_validate({name: value[name] for name in ChangeAnswer.model_fields})


def _answered(answer: ChangeAnswer, *, created: bool) -> Response[str]:
    if answer.outcome == Outcome.REJECTED or answer.version is None:
        return rejection_response(answer)
    headers = {"ETag": etag(answer.version)}
    if created:
        headers["Location"] = f"/users/{answer.user_id}"
    return json_response(HTTPStatus.CREATED if created else HTTPStatus.OK, answer, headers)
