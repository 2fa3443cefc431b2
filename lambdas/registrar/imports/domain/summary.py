"""The summary of an import that has ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registrar.domain.errors import Problem
from registrar.imports.domain.plan import Plan, progress_json
from registrar.imports.domain.results import FAULT, Consumed, Tally


@dataclass(frozen=True)
class Summary:
    """The summary of an import whose rows all have a result.

    Attributes:
        faults: rows that met a ``LedgerMismatch`` or a ``BrokenSeal``; one makes the import FAILED.
        finished_at: in the form of records.
        dollars: what the chunks cost, estimated.
    """

    plan: Plan
    tally: Tally
    faults: int
    finished_at: str
    consumed: Consumed
    dollars: float

    def as_json(self) -> dict[str, Any]:
        """Return the summary as it is stored and as the API answers it."""
        begun, ended = map(datetime.fromisoformat, (self.plan.started_at, self.finished_at))
        seconds = (ended - begun).total_seconds()
        return {
            "import_id": self.plan.import_id,
            "status": "FAILED" if self.faults else "SUCCEEDED",
            **progress_json(self.plan, self.tally),
            "finished_at": self.finished_at,
            "seconds": round(seconds, 3),
            "rows_a_second": round(self.plan.rows / max(seconds, 0.001), 1),
            "write_units": self.consumed.write_units,
            "read_units": self.consumed.read_units,
            "lambda_seconds": round(self.consumed.milliseconds / 1000, 3),
            "cost_usd": round(self.dollars, 6),
            "errors": [FAULT.as_json()] if self.faults else [],
        }


@dataclass(frozen=True)
class Refusal:
    """The summary of an import whose file, or whose request, was refused as a whole."""

    import_id: str
    finished_at: str
    problems: tuple[Problem, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the summary as it is stored and as the API answers it."""
        return {
            "import_id": self.import_id,
            "status": "REFUSED",
            "finished_at": self.finished_at,
            "errors": [problem.as_json() for problem in self.problems],
        }
