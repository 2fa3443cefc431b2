"""The types of the API's answers. Unknown fields are ignored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self, TypedDict


class Attributes(TypedDict, total=False):
    """A user's attributes as a change gives them: a JSON Merge Patch (RFC 7396), None removes."""

    username: str | None
    email: str | None
    display_name: str | None
    status: str
    tags: Mapping[str, str | None] | None


@dataclass(frozen=True)
class Answer:
    """What the API answers, or a part of it."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read it from an answer of the API."""
        given = {field.name: value[field.name] for field in fields(cls) if field.name in value}
        return cls(**{**given, **cls._read(value)})

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG003 - for those that read more
        """Return the fields that are optional, or not as they are in JSON."""
        return {}


@dataclass(frozen=True)
class Problem(Answer):
    """One reason why a request was refused or a change rejected.

    Attributes:
        code: a stable name, such as ``name_taken``.
        path: JSON Pointer into the change, or ``/query/…`` or ``/headers/…``.
        message: a sentence for people.
    """

    code: str
    path: str
    message: str


@dataclass(frozen=True)
class Change(Answer):
    """The outcome of a change.

    Attributes:
        outcome: ``APPLIED`` or ``REJECTED``.
        version: the version that an applied change made; when it was rejected, the user's version or None.
        record_hash: the hash of its audit record, SHA-256 as 64 hexadecimal digits.
        replayed: whether it had been decided before, by an earlier request with the same change_id.
    """

    change_id: str
    outcome: str
    user_id: str | None
    version: int | None
    problems: tuple[Problem, ...]
    record_hash: str
    replayed: bool

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> dict[str, Any]:
        return {"problems": _problems(value["errors"])}


@dataclass(frozen=True)
class User(Answer):
    """A live user.

    Attributes:
        version: 1 after the first change, one more with each.
        head: the hash of its newest audit record.
        status: ``active`` or ``suspended``.
    """

    user_id: str
    version: int
    head: str
    status: str
    created_at: datetime
    updated_at: datetime
    tags: Mapping[str, str]
    username: str | None = None
    email: str | None = None
    display_name: str | None = None

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> dict[str, Any]:
        times = {name: datetime.fromisoformat(value[name]) for name in ("created_at", "updated_at")}
        return {"tags": value.get("tags", {}), **times}


@dataclass(frozen=True)
class Record(Answer):
    """An audit record.

    Attributes:
        version: the version that an applied change made; when it was rejected, the user's version or None.
        actor: ``id``, ``type`` and, of an assumed role, ``session``; empty when the request named none.
        changes: for each changed attribute ``{"before": …, "after": …}``; a side without a value is left out.
        content: the whole record as it is in the ledger, to compute its hashes again.
    """

    sequence: str
    change_id: str
    action: str | None
    outcome: str
    version: int | None
    actor: Mapping[str, str]
    reason: str | None
    changes: Mapping[str, Mapping[str, Any]]
    problems: tuple[Problem, ...]
    recorded_at: datetime
    previous_hash: str
    hash: str
    content: Mapping[str, Any]

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **_given(value, action=None, version=None, actor={}, reason=None, changes={}),
            "problems": _problems(value.get("errors", [])),
            "recorded_at": datetime.fromisoformat(value["recorded_at"]),
            "content": value,
        }


@dataclass(frozen=True)
class Upload(Answer):
    """The signed URL to which a file is sent, and the key that names it in an import."""

    key: str
    url: str


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """The options of an import.

    Attributes:
        key: the key of the file in S3, such as ``upload`` returns.
        bucket: the file's bucket; the stage's own when left out.
        format: ``csv`` or ``jsonl``; by the key's extension when left out.
        columns: of a CSV: column name to field, None to ignore the column.
        import_key: rows with the same content and key are the same change; the file's SHA-256 when left out.
        dry_run: compute the outcomes, but write nothing.
        fail_fast: stop after this number of rows that were not applied.
        tolerated_failure_percentage: stop when more than this share of all rows was not applied.
        reason: for rows that have none.
    """

    key: str
    bucket: str | None = None
    format: str | None = None
    columns: Mapping[str, str | None] | None = None
    import_key: str | None = None
    dry_run: bool = False
    fail_fast: int | None = None
    tolerated_failure_percentage: int | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the body of the request."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        source = {name: given.pop(name) for name in ("bucket", "key") if name in given}
        return {"source": source, **given}


@dataclass(frozen=True)
class Import(Answer):
    """The progress of an import, and its result once it has ended.

    Attributes:
        status: ``RUNNING``, ``SUCCEEDED``, ``REFUSED`` (the whole file; ``problems`` has the reasons), or the
            status of an execution that ended without a report.
        rows: how many the file has, None while that is not known.
        replayed: rows that had been decided before, applied or rejected.
        failed: rows that were not decided, because of a fault or because the import had stopped.
        not_applied: rows whose outcome is not ``APPLIED``, replayed or not.
        report_url: the signed URL, valid for a while, of a line for each row; None while it runs.
        failed_url: the same for the rows that were not applied, to be corrected.
        content: the whole answer of the API.
    """

    import_id: str
    status: str
    problems: tuple[Problem, ...]
    dry_run: bool
    rows: int | None
    applied: int
    rejected: int
    replayed: int
    failed: int
    not_applied: int
    started_at: datetime | None
    seconds: float | None
    cost_usd: float | None
    report_url: str | None
    failed_url: str | None
    content: Mapping[str, Any]

    @property
    def done(self) -> int:
        """How many rows have an outcome."""
        return self.applied + self.rejected + self.replayed + self.failed

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> dict[str, Any]:
        started = value.get("started_at")
        return {
            **_given(value, dry_run=False, applied=0, rejected=0, replayed=0, failed=0, not_applied=0),
            **_given(value, rows=None, seconds=None, cost_usd=None, report_url=None, failed_url=None),
            "problems": _problems(value["errors"]),
            "started_at": datetime.fromisoformat(started) if started else None,
            "content": value,
        }


@dataclass(frozen=True)
class DayCount(Answer):
    """How many changes of a day, UTC, had this action and outcome."""

    day: str
    action: str
    outcome: str
    changes: int


@dataclass(frozen=True)
class Stats(Answer):
    """Exact counts of the ledger, a few seconds old.

    Attributes:
        users: live users by status.
        changes: the newest day first.
    """

    users: Mapping[str, int]
    changes: tuple[DayCount, ...]

    @classmethod
    def _read(cls, value: Mapping[str, Any]) -> dict[str, Any]:
        return {"changes": tuple(map(DayCount.from_json, value["changes"]))}


def _given(value: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what an answer has of these fields, else the default."""
    return {name: value.get(name, default) for name, default in defaults.items()}


def _problems(errors: Iterable[Mapping[str, Any]]) -> tuple[Problem, ...]:
    return tuple(map(Problem.from_json, errors))
