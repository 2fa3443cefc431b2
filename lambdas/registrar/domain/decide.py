"""The decision on a change: a pure function of the change and its user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registrar.domain import limits
from registrar.domain.canonical import Json, JsonObject
from registrar.domain.change import Action, Change, Outcome
from registrar.domain.errors import ChangeRejected, Problem
from registrar.domain.names import names_of
from registrar.domain.record import GENESIS, Record, applied_sequence
from registrar.domain.user import Status, User


@dataclass(frozen=True)
class Applied:
    """An applied change, ready to be committed.

    Attributes:
        before: the user that it was decided on, None where there was none.
        after: the user's new state.
        taken: names to take, kind to normal form.
        released: names to release, kind to normal form.
        record: the sealed audit record, which is also the receipt.
    """

    before: User | None
    after: User
    taken: Mapping[str, str]
    released: Mapping[str, str]
    record: Record


@dataclass(frozen=True)
class Cancelled:
    """Why an applied change could not be committed.

    Attributes:
        receipt: the record of the receipt that existed already; it outranks the other fields.
        user_moved: whether the user has changed since it was read.
        user: the stored user, None when DynamoDB did not return it: read it again.
        names_taken: the kinds of names that another user holds.
    """

    receipt: Record | None
    user_moved: bool
    user: User | None
    names_taken: Sequence[str]


def decide(change: Change, user: User | None, now: str, salt: str) -> Applied:
    """Apply a valid change to a user.

    Args:
        change: the valid change.
        user: the user as it stands (a tombstone too), None where there never was one.
        now: the time to put into the record, ISO 8601 UTC.
        salt: 32 random hexadecimal digits for the record's commitment.

    Raises:
        ChangeRejected: with every problem that the user's state gives.
    """
    _check(change, user)
    before = user.attributes if user else {}
    after = _after(change, before)
    _check_tags(after, user)
    version = (user.version if user else 0) + 1
    record = Record(
        user_id=change.user_id,
        sequence=applied_sequence(version),
        change_id=change.change_id,
        outcome=Outcome.APPLIED,
        request_hash=change.request_hash,
        recorded_at=now,
        previous_hash=user.head if user else GENESIS,
        action=change.action.value,
        version=version,
        actor=change.actor,
        reason=change.reason,
        changes=_changes(before, after),
    ).seal(salt)
    state = User(
        user_id=change.user_id,
        version=version,
        head=record.hash,
        deleted=change.action is Action.DELETE,
        attributes=after,
        created_at=user.created_at if user and not user.deleted else now,
        updated_at=now,
    )
    held, wanted = names_of(before), names_of(after)
    return Applied(
        before=user,
        after=state,
        taken={kind: name for kind, name in wanted.items() if held.get(kind) != name},
        released={kind: name for kind, name in held.items() if wanted.get(kind) != name},
        record=record,
    )


def _after(change: Change, before: JsonObject) -> JsonObject:
    if change.action is Action.DELETE:
        return {}
    after = merge_patch(before, change.attributes)
    if change.action is Action.CREATE:
        after.setdefault("status", Status.ACTIVE.value)
    return after


def merge_patch(target: JsonObject, patch: JsonObject) -> dict[str, Json]:
    """Apply a JSON Merge Patch (RFC 7396) to an object: null removes, objects merge, the rest replaces."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            current = result.get(name)
            merged = merge_patch(current if isinstance(current, Mapping) else {}, value)
            result[name] = merged
        else:
            result[name] = value
    return result


def _check(change: Change, user: User | None) -> None:
    problems = []
    live = user is not None and not user.deleted
    if change.action is Action.CREATE and live:
        problems.append(Problem("user_exists", "/user_id", "a live user has this user_id; update it instead"))
    if change.action is not Action.CREATE and not live:
        first = "; create it first" if change.action is Action.UPDATE else ""
        problems.append(Problem("user_not_found", "/user_id", f"no live user has this user_id{first}"))
    version = user.version if user else 0
    if change.expected_version is not None and change.expected_version != version:
        problems.append(
            Problem(
                "version_conflict",
                "/expected_version",
                f"the user is at version {version}; read it and try again",
            )
        )
    if problems:
        raise ChangeRejected(problems, *_seen(user))


def _check_tags(attributes: JsonObject, user: User | None) -> None:
    tags = attributes.get("tags")
    if isinstance(tags, Mapping) and len(tags) > limits.TAGS_MAX:
        message = f"a user has at most {limits.TAGS_MAX} tags; remove some with null"
        raise ChangeRejected([Problem("too_long", "/attributes/tags", message)], *_seen(user))


def name_taken(kinds: Sequence[str], user: User | None) -> ChangeRejected:
    """Return the rejection of a change that wants names which another live user holds."""
    problems = [
        Problem("name_taken", f"/attributes/{kind}", f"another user holds this {kind}") for kind in kinds
    ]
    return ChangeRejected(problems, *_seen(user))


def _seen(user: User | None) -> tuple[int | None, str | None]:
    return (user.version, user.head) if user else (None, None)


def _changes(before: JsonObject, after: JsonObject) -> dict[str, JsonObject]:
    changes: dict[str, JsonObject] = {}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            sides = (("before", before), ("after", after))
            changes[name] = {side: values[name] for side, values in sides if name in values}
    return changes
