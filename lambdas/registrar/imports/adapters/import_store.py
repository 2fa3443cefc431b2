"""Where an import keeps what: its plan, its chunks and their results, its report."""

from dataclasses import dataclass
from typing import Any, Final

from registrar.imports.adapters.objects import Objects
from registrar.imports.domain.plan import Plan
from registrar.imports.domain.reading import Format
from registrar.imports.domain.results import ChunkResult, Tally

UPLOADS: Final = "uploads/"
IMPORTS: Final = "imports/"


@dataclass(frozen=True)
class ImportStore:
    """The objects of one import.

    A chunk is read from ``chunks/``; what was committed of it is written once to ``written/``, how its rows
    were answered once to ``results/``. The result's numbers stand in the name of an empty object below
    ``progress/``: one listing tells how far an import of 500,000 rows is.
    """

    objects: Objects
    import_id: str

    def key(self, name: str) -> str:
        """Return the key of an object of this import."""
        return f"{IMPORTS}{self.import_id}/{name}"

    def plan(self) -> Plan | None:
        """Read the plan, None before there is one."""
        found = self.objects.read(self.key("plan.json"))
        return None if found is None else Plan.from_json(found)

    def write_plan(self, plan: Plan) -> None:
        """Write the plan."""
        self.objects.write(self.key("plan.json"), plan.as_json())

    @property
    def manifest_key(self) -> str:
        """The key of the list of chunks that the state machine reads."""
        return self.key("manifest.json")

    def rows(self, chunk: int) -> list[dict[str, Any]]:
        """Read a chunk's rows.

        Raises:
            LookupError: there is no such chunk.
        """
        found = self.objects.read(self.key(f"chunks/{chunk:06d}.json"))
        if found is None:
            raise LookupError(self.key(f"chunks/{chunk:06d}.json"))
        return list(found)

    def write_rows(self, chunk: int, rows: list[dict[str, Any]]) -> None:
        """Write a chunk's rows."""
        self.objects.write(self.key(f"chunks/{chunk:06d}.json"), rows)

    def written(self, chunk: int) -> dict[str, Any] | None:
        """Read what was committed of a chunk, None before it was."""
        found: dict[str, Any] | None = self.objects.read(self.key(f"written/{chunk:06d}.json"))
        return found

    def write_written(self, chunk: int, written: dict[str, Any]) -> None:
        """Write what was committed of a chunk; what another run has written stays."""
        self.objects.write_once(self.key(f"written/{chunk:06d}.json"), written)

    def result(self, chunk: int) -> ChunkResult | None:
        """Read a chunk's result, None before it has one."""
        found = self.objects.read(self.key(f"results/{chunk:06d}.json"))
        return None if found is None else ChunkResult.from_json(found)

    def write_result(self, chunk: int, result: ChunkResult) -> ChunkResult:
        """Write a chunk's result unless it has one; return the one that stands."""
        if not self.objects.write_once(self.key(f"results/{chunk:06d}.json"), result.as_json()):
            return self.result(chunk) or result
        return result

    def mark(self, chunk: int, tally: Tally) -> None:
        """Show a chunk's result in the progress: of the one that stands, so it is always alike."""
        numbers = "-".join(map(str, tally.numbers()))
        self.objects.write(self.key(f"progress/{chunk:06d}-{numbers}"), None)

    def progress(self) -> Tally:
        """Return what the results so far come to."""
        tally = Tally()
        for key in self.objects.keys(self.key("progress/")):
            _, *numbers = key.rpartition("/")[2].split("-")
            tally += Tally(*map(int, numbers))
        return tally

    def summary(self) -> dict[str, Any] | None:
        """Read the summary, None before the end."""
        found: dict[str, Any] | None = self.objects.read(self.key("summary.json"))
        return found

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write the summary."""
        self.objects.write(self.key("summary.json"), summary)

    @property
    def report_key(self) -> str:
        """The key of the report."""
        return self.key("report.csv")

    def failed_key(self, form: Format) -> str:
        """Return the key of the rows that were not applied."""
        return self.key(f"failed.{form}")
