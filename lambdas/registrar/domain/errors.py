"""The domain's errors. The state machine retries and catches them by their class names."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from registrar.domain import limits


@dataclass(frozen=True)
class Problem:
    """One reason why a change is rejected.

    Attributes:
        code: a stable name for programs, such as ``name_taken``.
        path: JSON Pointer (RFC 6901) to the part of the request that is at fault; empty for the whole.
        message: one sentence for people, free of the request's values.
    """

    code: str
    path: str
    message: str

    def as_json(self) -> dict[str, str]:
        """Return the problem as the contract writes it."""
        return {"code": self.code, "path": self.path, "message": self.message}

    @classmethod
    def from_json(cls, value: dict[str, str]) -> "Problem":
        """Read back what ``as_json`` wrote."""
        return cls(value["code"], value["path"], value["message"])


def bounded(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Keep the problems that fit into an error's cause and say how many were left out."""
    kept: list[Problem] = []
    room = limits.PROBLEMS_MAX_BYTES
    for problem in problems:
        room -= len(json.dumps(problem.as_json()))
        if room < 0:
            left = len(problems) - len(kept)
            return (
                *kept,
                Problem("more_problems", "", f"{left} more problems are not listed; mend these first"),
            )
        kept.append(problem)
    return tuple(kept)


class ChangeRejected(Exception):  # noqa: N818 - the state machine catches it by this name
    """A change that the rules do not allow. Its text is JSON without personal data, since Lambda logs it.

    Attributes:
        problems: why. Empty when the request itself is invalid, since its problems follow from it.
        version: the version of the user that the decision saw, None when it saw none.
        head: the hash of that user's newest record, None when it saw none.
    """

    def __init__(
        self, problems: Sequence[Problem] = (), version: int | None = None, head: str | None = None
    ) -> None:
        self.problems = tuple(problems)
        self.version = version
        self.head = head
        super().__init__(
            json.dumps({"problems": [p.as_json() for p in self.problems], "version": version, "head": head})
        )

    @classmethod
    def from_message(cls, message: str) -> "ChangeRejected":
        """Read back the error from its text."""
        value = json.loads(message)
        return cls([Problem.from_json(p) for p in value["problems"]], value["version"], value["head"])


class TransientFault(Exception):  # noqa: N818 - the state machine retries it by this name
    """A transient fault: throttling, a conflicting transaction, a broken connection. A retry is safe."""


class BrokenSeal(Exception):  # noqa: N818 - an alarm's name
    """A record whose hash or commitment is wrong: it was altered, or it is not a record. Never retried."""


class LedgerMismatch(Exception):  # noqa: N818 - an alarm's name
    """The ledger holds another record where this one belongs. Never retried: an operator must look."""


class ImportRefused(Exception):  # noqa: N818 - the state machine catches it by this name
    """An import request or a file that is refused as a whole; nothing was imported.

    Attributes:
        problems: why. Their messages quote no cell: Lambda logs what a function raises.
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems = bounded(problems)
        super().__init__(json.dumps([problem.as_json() for problem in self.problems]))

    @classmethod
    def from_message(cls, message: str) -> "ImportRefused":
        """Read back the error from its text."""
        return cls(*map(Problem.from_json, json.loads(message)))
