"""What a row was answered, and what the answers of an import come to."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from registrar.domain.change import Outcome
from registrar.domain.errors import Problem

FAILED = "FAILED"
"""The outcome of a row that was not decided."""

STOPPED = Problem("import_stopped", "", "the import had stopped before this row; import it again")
FAULT = Problem("fault", "", "this row met a fault that does not pass by itself; the logs have it")


@dataclass(frozen=True)
class RowResult:
    """How a row ended.

    Attributes:
        number: the row's number in its file.
        outcome: APPLIED, REJECTED or FAILED; in a dry run what it would be.
        replayed: whether it had been decided before this import began.
        raw: the row as it came, None for an applied one.
    """

    number: int
    change_id: str | None
    outcome: str
    version: int | None
    problems: tuple[Problem, ...] = ()
    replayed: bool = False
    raw: list[str] | str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the result as it is kept."""
        return {**asdict(self), "problems": [problem.as_json() for problem in self.problems]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        return cls(**{**value, "problems": tuple(map(Problem.from_json, value["problems"]))})


@dataclass(frozen=True)
class Tally:
    """How many rows ended how. Their sum is the number of rows.

    Attributes:
        replayed: rows that had been decided before, whatever the answer.
        not_applied: rows whose answer is not APPLIED, replayed or not; in no sum.
    """

    applied: int = 0
    rejected: int = 0
    replayed: int = 0
    failed: int = 0
    not_applied: int = 0

    @classmethod
    def of(cls, results: Iterable[RowResult]) -> Self:
        """Count results."""
        tally = cls()
        for result in results:
            tally += cls(
                applied=result.outcome == Outcome.APPLIED and not result.replayed,
                rejected=result.outcome == Outcome.REJECTED and not result.replayed,
                replayed=result.replayed,
                failed=result.outcome == FAILED,
                not_applied=result.outcome != Outcome.APPLIED,
            )
        return tally

    def __add__(self, other: "Tally") -> Self:
        sums = (mine + its for mine, its in zip(self.numbers(), other.numbers(), strict=True))
        return type(self)(*sums)

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers in the order of the fields."""
        return (self.applied, self.rejected, self.replayed, self.failed, self.not_applied)

    @property
    def rows(self) -> int:
        """How many rows were answered."""
        return self.applied + self.rejected + self.replayed + self.failed


@dataclass(frozen=True)
class Consumed:
    """What a chunk took.

    Attributes:
        write_units: DynamoDB write request units.
        read_units: DynamoDB read request units.
        milliseconds: of its functions.
    """

    write_units: float = 0.0
    read_units: float = 0.0
    milliseconds: float = 0.0

    def as_json(self) -> dict[str, float]:
        """Return them as they are kept."""
        return asdict(self)

    def __add__(self, other: "Consumed") -> "Consumed":
        return Consumed(
            self.write_units + other.write_units,
            self.read_units + other.read_units,
            self.milliseconds + other.milliseconds,
        )


@dataclass(frozen=True)
class ChunkResult:
    """A chunk's answers, and what they took."""

    results: list[RowResult]
    consumed: Consumed = field(default_factory=Consumed)

    def as_json(self) -> dict[str, Any]:
        """Return the result as it is kept."""
        return {"results": [result.as_json() for result in self.results], "consumed": asdict(self.consumed)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        return cls([RowResult.from_json(each) for each in value["results"]], Consumed(**value["consumed"]))
