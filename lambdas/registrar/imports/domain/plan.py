"""The plan of an import, and the identity of its rows."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from registrar.domain.canonical import pruned, sha256_of
from registrar.domain.limits import DEPTH_MAX
from registrar.domain.request import made_user_id
from registrar.imports.domain.reading import Format
from registrar.imports.domain.results import Tally


@dataclass(frozen=True)
class Plan:
    """What an import is about to do.

    Attributes:
        import_key: with a row's content it makes the row's change_id.
        header: the cells of a CSV's first row.
        rows: how many there are.
        chunks: into how many they are cut.
        stop_after: at how many rows that were not applied the rest is left alone, None for never.
        started_at: when its execution was started, as records hold times.
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
        """Return the plan as it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote, also in releases that kept more."""
        known = {each.name: value[each.name] for each in fields(cls)}
        return cls(**{**known, "format": Format(value["format"])})


def account_of(plan: Plan, tally: Tally) -> dict[str, Any]:
    """Return how far an import is, as the API and the summary say it."""
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


def content_of(request: dict[str, Any]) -> str:
    """Return what makes two rows the same: the SHA-256 of the change they ask for."""
    return sha256_of(pruned(request, DEPTH_MAX))


def row_id(request: dict[str, Any], import_key: str, occurrence: int) -> str:
    """Return the change_id of a row that names none, or none that is usable.

    It follows from the import's key, from the row's content, and from how often the same content stands
    before it in the file: so the same file is all replays, a row that was mended is a new change, and one
    that has only moved is the same.

    Args:
        request: what the row asks for.
        import_key: the SHA-256 of the file, unless the caller names another.
        occurrence: 0 for the first row of this content.
    """
    return f"i-{sha256_of([import_key, content_of(request), occurrence])[:40]}"


def completed(
    request: dict[str, Any], made_id: str, actor: dict[str, str], reason: str | None
) -> dict[str, Any]:
    """Return a row's change, complete.

    Args:
        request: what the row asks for.
        made_id: for a row without a change_id.
        actor: who imports.
        reason: for a row without one.
    """
    whole = {**request, "actor": actor}
    if whole.get("change_id") is None:
        whole["change_id"] = made_id
    if whole.get("reason") is None and reason is not None:
        whole["reason"] = reason
    if whole["action"] == "create" and whole.get("user_id") is None:
        whole["user_id"] = made_user_id(str(whole["change_id"]))
    return whole
