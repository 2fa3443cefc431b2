"""The objects of an import: its plan, its chunks and their results, its report."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final, TypeVar

from registrar.imports.domain.objects import ObjectStore
from registrar.imports.domain.plan import Plan
from registrar.imports.domain.reading import Format
from registrar.imports.domain.results import ChunkResult, Tally
from registrar.imports.domain.rows import PlannedRow
from registrar.imports.domain.summary import Refusal, Summary
from registrar.imports.domain.written import WrittenChunk

UPLOADS: Final = "uploads/"
IMPORTS: Final = "imports/"

T = TypeVar("T")


def existing(found: T | None, otherwise: str) -> T:
    """Return what was found.

    Raises:
        LookupError: nothing was.
    """
    if found is None:
        raise LookupError(otherwise)
    return found


@dataclass(frozen=True)
class ImportStore:
    """The objects of one import.

    The rows of a chunk are below ``chunks/``; how each was written goes once to ``written/``, and how it
    ended once to ``results/``. Below ``progress/`` each chunk has an empty object with its tally in the name:
    one listing gives the progress of an import of 500,000 rows.
    """

    objects: ObjectStore
    import_id: str

    def key(self, name: str) -> str:
        """Return the key of an object of this import."""
        return f"{IMPORTS}{self.import_id}/{name}"

    def plan(self) -> Plan | None:
        """Read the plan, None before there is one."""
        return self._read("plan.json", Plan.from_json)

    def existing_plan(self) -> Plan:
        """Read the plan.

        Raises:
            LookupError: there is none.
        """
        return existing(self.plan(), "the import has no plan")

    def write_plan(self, plan: Plan) -> None:
        """Write the plan."""
        self.objects.write(self.key("plan.json"), plan.as_json())

    @property
    def manifest_key(self) -> str:
        """The key of the list of chunks that the state machine reads."""
        return self.key("manifest.json")

    def write_manifest(self, sizes: Sequence[int]) -> None:
        """Write the list of chunks, by the number of rows of each."""
        chunks = [{"chunk": number, "rows": rows} for number, rows in enumerate(sizes, start=1)]
        self.objects.write(self.manifest_key, chunks)

    def rows(self, chunk: int) -> list[PlannedRow]:
        """Read a chunk's rows.

        Raises:
            LookupError: there is no such chunk.
        """
        found = self._read(_of_chunk("chunks", chunk), lambda rows: [*map(PlannedRow.from_json, rows)])
        return existing(found, f"there is no chunk {chunk}")

    def write_rows(self, chunk: int, rows: Sequence[PlannedRow]) -> None:
        """Write a chunk's rows."""
        self.objects.write(self.key(_of_chunk("chunks", chunk)), [row.as_json() for row in rows])

    def written(self, chunk: int) -> WrittenChunk | None:
        """Read how a chunk was written, None before it was."""
        return self._read(_of_chunk("written", chunk), WrittenChunk.from_json)

    def write_written(self, chunk: int, written: WrittenChunk) -> None:
        """Write how a chunk was written, unless another run has."""
        self.objects.write_once(self.key(_of_chunk("written", chunk)), written.as_json())

    def result(self, chunk: int) -> ChunkResult | None:
        """Read a chunk's result, None before it has one."""
        return self._read(_of_chunk("results", chunk), ChunkResult.from_json)

    def write_result(self, chunk: int, result: ChunkResult) -> ChunkResult:
        """Write a chunk's result unless another run has; return the one that is stored."""
        if not self.objects.write_once(self.key(_of_chunk("results", chunk)), result.as_json()):
            return self.result(chunk) or result
        return result

    def mark(self, chunk: int, tally: Tally) -> None:
        """Add a chunk's result to the progress: the stored one, so that a repetition writes the same key."""
        numbers = "-".join(map(str, astuple(tally)))
        self.objects.write(self.key(f"progress/{chunk:06d}-{numbers}"), None)

    def progress(self) -> Tally:
        """Return the sum of the results so far."""
        tally = Tally()
        for key in self.objects.keys(self.key("progress/")):
            _, *numbers = key.rpartition("/")[2].split("-")
            tally += Tally(*map(int, numbers))
        return tally

    def summary_json(self) -> dict[str, Any] | None:
        """Read the summary as the API answers it, None before the import has ended."""
        return self._read("summary.json", dict)

    def write_summary(self, summary: Summary | Refusal) -> None:
        """Write the summary."""
        self.objects.write(self.key("summary.json"), summary.as_json())

    @property
    def report_key(self) -> str:
        """The key of the report."""
        return self.key("report.csv")

    def failed_key(self, form: Format) -> str:
        """Return the key of the file of rows that were not applied."""
        return self.key(f"failed.{form}")

    def _read(self, name: str, of: Callable[[Any], T]) -> T | None:
        found = self.objects.read(self.key(name))
        return None if found is None else of(found)


def _of_chunk(kind: str, chunk: int) -> str:
    return f"{kind}/{chunk:06d}.json"
