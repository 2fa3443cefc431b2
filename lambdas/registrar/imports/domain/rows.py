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

    def completed(self, made_id: str, actor: dict[str, str], reason: str | None) -> Self:
        """Return the row with all that its request leaves out; one that cannot be read is returned as it is.

        Args:
            made_id: the change_id for a request that gives none (``row_id``).
            actor: who imports.
            reason: the reason for a request that gives none.
        """
        if self.request is None:
            return self
        request = {**self.request, "actor": actor}
        if request.get("change_id") is None:
            request["change_id"] = made_id
        if request.get("reason") is None and reason is not None:
            request["reason"] = reason
        if request["action"] == "create" and request.get("user_id") is None:
            request["user_id"] = made_user_id(str(request["change_id"]))
        return replace(self, made_id=made_id, request=request)

    def as_json(self) -> dict[str, Any]:
        """Return the row as chunks store it."""
        value = {"number": self.number, "owner": self.owner, "raw": self.raw}
        if self.request is None:
            return {**value, "problems": [problem.as_json() for problem in self.problems]}
        # "lost": the names that the row does not get; stored chunks keep this name of the field.
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


def row_id(content: str, import_key: str, occurrence: int) -> str:
    """Return the change_id of a row that gives no usable one.

    To import a file again replays its rows; a corrected row is a new change, a moved one is not.

    Args:
        content: of the row (``content_of``).
        import_key: the SHA-256 of the file, unless the caller gives another.
        occurrence: how often the same content stands before it in the file.
    """
    return f"i-{sha256_of([import_key, content, occurrence])[:40]}"
