"""How the rows of an import ended, and the sums of that."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, field
from enum import StrEnum
from operator import add, sub
from typing import Any, Final, Self

from registrar.domain.errors import Problem

STOPPED: Final = Problem("import_stopped", "", "the import had stopped before this row; import it again")
FAULT: Final = Problem("fault", "", "this row met a fault that does not pass by itself; the logs have it")


class RowOutcome(StrEnum):
    """How a row ended: as its change did, or FAILED when it was not decided or not recorded."""

    APPLIED = "APPLIED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class RowResult:
    """How a row ended.

    Attributes:
        number: the row's number in its file.
        outcome: in a dry run what it would be.
        replayed: whether the change had been decided before this import began.
        raw: the row as read, None for an applied one.
    """

    number: int
    change_id: str | None
    outcome: RowOutcome
    version: int | None
    problems: tuple[Problem, ...] = ()
    replayed: bool = False
    raw: list[str] | str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the result as it is stored."""
        return {**asdict(self), "problems": [problem.as_json() for problem in self.problems]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what ``as_json`` returned."""
        problems = tuple(map(Problem.from_json, value["problems"]))
        return cls(**{**value, "outcome": RowOutcome(value["outcome"]), "problems": problems})


@dataclass(frozen=True)
class Tally:
    """The number of rows by how they ended; all but ``not_applied`` add up to the number of rows.

    Attributes:
        replayed: rows whose change had been decided before, applied or rejected.
        not_applied: rows whose outcome is not APPLIED, replayed or not.
    """

    applied: int = 0
    rejected: int = 0
    replayed: int = 0
    failed: int = 0
    not_applied: int = 0

    @classmethod
    def of(cls, results: Iterable[RowResult]) -> Self:
        """Count results."""
        found = [(result.outcome, result.replayed) for result in results]
        return cls(
            applied=found.count((RowOutcome.APPLIED, False)),
            rejected=found.count((RowOutcome.REJECTED, False)),
            replayed=sum(replayed for _, replayed in found),
            failed=sum(outcome is RowOutcome.FAILED for outcome, _ in found),
            not_applied=sum(outcome is not RowOutcome.APPLIED for outcome, _ in found),
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(*map(add, astuple(self), astuple(other)))

    @property
    def rows(self) -> int:
        """The number of rows that have a result."""
        return self.applied + self.rejected + self.replayed + self.failed


@dataclass(frozen=True)
class Consumed:
    """What a chunk consumed.

    Attributes:
        write_units: DynamoDB write request units.
        read_units: DynamoDB read request units.
        milliseconds: of its functions.
    """

    write_units: float = 0.0
    read_units: float = 0.0
    milliseconds: float = 0.0

    def __add__(self, other: Self) -> Self:
        return type(self)(*map(add, astuple(self), astuple(other)))

    def __sub__(self, other: Self) -> Self:
        return type(self)(*map(sub, astuple(self), astuple(other)))


@dataclass(frozen=True)
class ChunkResult:
    """How the rows of a chunk ended, and what it consumed."""

    results: list[RowResult]
    consumed: Consumed = field(default_factory=Consumed)

    def as_json(self) -> dict[str, Any]:
        """Return the result as it is stored."""
        return {"results": [result.as_json() for result in self.results], "consumed": asdict(self.consumed)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what ``as_json`` returned."""
        return cls([RowResult.from_json(each) for each in value["results"]], Consumed(**value["consumed"]))
