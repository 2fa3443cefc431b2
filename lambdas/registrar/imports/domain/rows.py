"""The planned rows of an import, and the change_id that follows from a row's content."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from registrar.domain.canonical import pruned, sha256_of
from registrar.domain.errors import Problem
from registrar.domain.limits import DEPTH_MAX
from registrar.domain.request import Identified, identify, made_user_id


@dataclass(frozen=True)
class PlannedRow:
    """A row of a chunk.

    Attributes:
        number: as in ``Row``; raw, request and problems, too. Once the plan is made, the request is complete.
        owner: the user whose rows are written one after the other; of its own for a row of no known user.
        made_id: the change_id for a request that gives no usable one.
        names_taken: kind to the number of the earlier row, of another user, that asks for the same name.
    """

    number: int
    owner: str
    raw: list[str] | str
    request: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()
    made_id: str = ""
    names_taken: Mapping[str, int] = field(default_factory=dict)

    def identified(self) -> Identified | None:
        """Return the checked request, None for a row that cannot be read."""
        return None if self.request is None else identify(self.request, self.made_id)

    def completed(self, key: str, occurrence: int, actor: dict[str, str], reason: str | None) -> Self:
        """Return the row with its change_id (``row_id``) and its complete request (``completed``)."""
        if self.request is None:
            return self
        made_id = row_id(self.request, key, occurrence)
        return replace(self, made_id=made_id, request=completed(self.request, made_id, actor, reason))

    def as_json(self) -> dict[str, Any]:
        """Return the row as chunks store it."""
        value = {"number": self.number, "owner": self.owner, "raw": self.raw}
        if self.request is None:
            return {**value, "problems": [problem.as_json() for problem in self.problems]}
        return {**value, "request": self.request, "lost": self.names_taken, "id": self.made_id}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what ``as_json`` returned; earlier releases store no ``lost`` of an invalid request."""
        return cls(
            number=value["number"],
            owner=value["owner"],
            raw=value["raw"],
            request=value.get("request"),
            problems=tuple(map(Problem.from_json, value.get("problems", ()))),
            made_id=value.get("id", ""),
            names_taken=value.get("lost", {}),
        )


def content_of(request: dict[str, Any]) -> str:
    """Return what makes two rows the same: the SHA-256 of the change they ask for."""
    return sha256_of(pruned(request, DEPTH_MAX))


def row_id(request: dict[str, Any], import_key: str, occurrence: int) -> str:
    """Return the change_id of a row that gives no usable one.

    It follows from the import's key, the row's content, and how often the same content stands before it in
    the file: to import a file again replays its rows; a corrected row is a new change, a moved one is not.

    Args:
        request: what the row asks for.
        import_key: the SHA-256 of the file, unless the caller gives another.
        occurrence: 0 for the first row of this content.
    """
    return f"i-{sha256_of([import_key, content_of(request), occurrence])[:40]}"


def completed(
    request: dict[str, Any], made_id: str, actor: dict[str, str], reason: str | None
) -> dict[str, Any]:
    """Return a row's request with all that it leaves out.

    Args:
        request: what the row asks for.
        made_id: the change_id where the row has none.
        actor: who imports.
        reason: the reason where the row has none.
    """
    whole = {**request, "actor": actor}
    if whole.get("change_id") is None:
        whole["change_id"] = made_id
    if whole.get("reason") is None and reason is not None:
        whole["reason"] = reason
    if whole["action"] == "create" and whole.get("user_id") is None:
        whole["user_id"] = made_user_id(str(whole["change_id"]))
    return whole
