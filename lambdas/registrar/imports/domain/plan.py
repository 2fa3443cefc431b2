"""The plan of an import."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from registrar.imports.domain.reading import Format
from registrar.imports.domain.results import Tally


@dataclass(frozen=True)
class Plan:
    """What an import is about to do.

    Attributes:
        import_key: with a row's content it gives the row's change_id.
        header: the cells of a CSV's first row.
        rows: the number of rows.
        chunks: the number of chunks.
        stop_after: the number of rows not applied at which the import stops, None for never.
        started_at: when its execution was started, in the form of records.
    """

    import_id: str
    import_key: str
    format: Format
    header: list[str]
    rows: int
    chunks: int
    dry_run: bool
    stop_after: int | None
    started_at: str

    def as_json(self) -> dict[str, Any]:
        """Return the plan as it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what ``as_json`` returned, also in releases that stored more."""
        known = {each.name: value[each.name] for each in fields(cls)}
        return cls(**{**known, "format": Format(value["format"])})


def progress_json(plan: Plan, tally: Tally) -> dict[str, Any]:
    """Return an import's progress as JSON, as the API and the summary show it."""
    return {
        "import_key": plan.import_key,
        "dry_run": plan.dry_run,
        "rows": plan.rows,
        "applied": tally.applied,
        "rejected": tally.rejected,
        "replayed": tally.replayed,
        "failed": tally.failed,
        "not_applied": tally.not_applied,
        "started_at": plan.started_at,
    }
