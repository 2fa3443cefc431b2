"""The requests of an import and of an upload: their models are the contract, as that of a change is."""

import math
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from registrar.domain import limits
from registrar.domain.errors import ImportRefused, Problem
from registrar.domain.fields import Reason, StrictModel
from registrar.domain.problems import problem_of
from registrar.domain.request import Actor
from registrar.imports.domain.columns import FIELDS
from registrar.imports.domain.reading import Format

M = TypeVar("M", bound=BaseModel)


def _known(field: str) -> str:
    if field not in FIELDS:
        raise PydanticCustomError("not_allowed", "must be one of {fields}", {"fields": ", ".join(FIELDS)})
    return field


ColumnField = Annotated[str, WithJsonSchema({"type": "string", "enum": [*FIELDS]}), AfterValidator(_known)]
FORMATS: Final = {".csv": Format.CSV, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL}


def _at_most(size: int) -> int:
    if size > limits.IMPORT_BYTES_MAX:
        most = limits.IMPORT_BYTES_MAX // 1024**3
        message = "is more than {limit} GiB, the most that an import takes; split the file"
        raise PydanticCustomError("too_long", message, {"limit": most})
    return size


class UploadRequest(StrictModel):
    """A file to be imported."""

    format: Literal["csv", "jsonl"]
    bytes: Annotated[
        int, Field(ge=1, json_schema_extra={"maximum": limits.IMPORT_BYTES_MAX}), AfterValidator(_at_most)
    ] = Field(description="How large the file is. S3 takes exactly so many bytes at the address.")


class Source(StrictModel):
    """The object to import."""

    bucket: Annotated[str, StringConstraints(pattern=limits.BUCKET_PATTERN)] | None = Field(
        default=None, description="The import bucket when left out."
    )
    key: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class ImportRequest(StrictModel):
    """An import: the input of an execution of import_users."""

    source: Source
    format: Literal["csv", "jsonl"] | None = Field(
        default=None, description="By the end of the key when left out: .csv, .jsonl or .ndjson."
    )
    columns: dict[str, ColumnField | None] = Field(
        default_factory=dict,
        max_length=100,
        description="Of a CSV: a column's name to the field that it holds, null to pass it over.",
    )
    import_key: Annotated[str, StringConstraints(pattern=limits.IMPORT_KEY_PATTERN)] | None = Field(
        default=None,
        description="Rows of one content and one key are one change. The file's SHA-256 when left out.",
    )
    dry_run: bool = Field(default=False, description="Find out what would happen, and write nothing.")
    fail_fast: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Stop when so many rows were not applied."
    )
    tolerated_failure_percentage: Annotated[int, Field(ge=0, le=100)] | None = Field(
        default=None, description="Stop when more than this share of all rows was not applied."
    )
    reason: Reason | None = Field(default=None, description="For rows without one of their own.")
    actor: Actor

    def file_format(self) -> Format:
        """Return the file's format.

        Raises:
            ImportRefused: neither the request nor the key gives it.
        """
        found = (
            Format(self.format) if self.format else FORMATS.get(PurePosixPath(self.source.key).suffix.lower())
        )
        if found is None:
            message = f"say csv or jsonl; the key does not end in {', '.join(FORMATS)}"
            raise ImportRefused(Problem("required", "/format", message))
        return found

    def stop_after(self, rows: int) -> int | None:
        """Return the number of rows not applied at which the import stops, None for never."""
        most = [self.fail_fast] if self.fail_fast is not None else []
        if self.tolerated_failure_percentage is not None:
            most.append(math.floor(rows * self.tolerated_failure_percentage / 100) + 1)
        return min(most, default=None)


def checked(model: type[M], request: Any) -> M:  # noqa: ANN401 - any JSON value
    """Return a request as its model.

    Raises:
        ImportRefused: with every problem.
    """
    try:
        return model.model_validate(request)
    except ValidationError as error:
        raise ImportRefused(*(problem_of(detail) for detail in error.errors(include_url=False))) from None
