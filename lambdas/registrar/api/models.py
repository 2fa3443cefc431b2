"""Response bodies: the models that the routes return, and that the OpenAPI document is made from."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from registrar.domain import limits

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
ChangeId = Annotated[str, Field(json_schema_extra={"pattern": limits.REACHABLE_CHANGE_ID_PATTERN})]
ImportId = Annotated[str, Field(pattern=limits.IMPORT_ID_PATTERN)]
UserId = Annotated[str, Field(pattern=limits.USER_ID_PATTERN)]
Next = Annotated[str | None, Field(description="The cursor of the next page; null at the end.")]


class Answer(BaseModel):
    """A response body. Its validator is built on first use: most requests need one model."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class ProblemEntry(Answer):
    """One reason why a request was refused or a change rejected."""

    code: str
    path: str = Field(description="JSON Pointer into the change, or /query/… or /headers/…")
    message: str


class ChangeAnswer(Answer):
    """How a change ended."""

    change_id: ChangeId
    outcome: Literal["APPLIED", "REJECTED"]
    user_id: UserId | None
    version: int | None
    errors: list[ProblemEntry]
    record_hash: Hash
    replayed: bool = Field(description="Whether it had been decided before.")


class Accepted(Answer):
    """A change that runs."""

    change_id: ChangeId
    status: Literal["RUNNING"]


class User(Answer):
    """A live user."""

    user_id: UserId
    version: int
    head: Hash = Field(description="The hash of the newest audit record.")
    username: str | None = Field(default=None)
    email: str | None = Field(default=None)
    display_name: str | None = Field(default=None)
    status: Literal["active", "suspended"]
    tags: dict[str, str] | None = Field(default=None)
    created_at: Time
    updated_at: Time


class UserPage(Answer):
    """Users, and where to go on."""

    users: list[User]
    next: Next
    complete_until: Time | None = Field(
        default=None,
        description="With status: all pages together hold every user whose newest change was sealed at or "
        "before it; pass it as the next updated_after. Of the first page; later pages repeat it.",
    )


class Record(Answer):
    """An audit record as it stands in the ledger; docs/contract.md says how its hashes are made."""

    user_id: str
    sequence: str
    change_id: ChangeId
    outcome: Literal["APPLIED", "REJECTED"]
    action: Literal["create", "update", "delete"] | None = None
    version: int | None = None
    actor: dict[Literal["id", "type", "session"], str] | None = None
    reason: str | None = None
    changes: dict[str, dict[Literal["before", "after"], Any]] | None = None
    errors: list[ProblemEntry] | None = None
    recorded_at: Time
    request_hash: Hash
    previous_hash: Hash
    salt: str
    commitment: Hash
    hash: Hash


class RecordPage(Answer):
    """Audit records, oldest first, and where to go on."""

    records: list[Record]
    next: Next


class LiveUsers(Answer):
    """Live users by status."""

    active: int
    suspended: int


class DayCount(Answer):
    """Changes of a day, UTC, by action and outcome."""

    day: str
    action: Literal["create", "update", "delete", "unknown"]
    outcome: Literal["APPLIED", "REJECTED"]
    changes: int


class Stats(Answer):
    """Exact counts of what is in the ledger, a few seconds old; the newest day first."""

    users: LiveUsers
    changes: list[DayCount]


class Upload(Answer):
    """Where the file goes: send it with PUT, then import the key."""

    key: str
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    seconds: int = Field(description="How long the address is valid.")


ImportState = Literal["RUNNING", "SUCCEEDED", "REFUSED", "FAILED", "TIMED_OUT", "ABORTED"]


class ImportAccepted(Answer):
    """An import that was started, now or earlier."""

    import_id: ImportId
    status: ImportState


class ImportStatus(Answer):
    """How far an import is: rows = applied + rejected + replayed + failed when it has SUCCEEDED."""

    import_id: ImportId
    status: ImportState = Field(
        description="REFUSED: the file as a whole, as errors says. FAILED: redrive it, or import anew; with a"
        " report, rows met a fault that does not pass by itself."
    )
    errors: list[ProblemEntry]
    import_key: str | None = None
    dry_run: bool | None = None
    rows: int | None = None
    applied: int | None = None
    rejected: int | None = None
    replayed: int | None = Field(default=None, description="Decided before this import, with any outcome.")
    failed: int | None = Field(default=None, description="Not decided: a fault, or the import had stopped.")
    not_applied: int | None = Field(
        default=None, description="With an outcome that is not APPLIED, replayed ones too."
    )
    started_at: Time | None = None
    finished_at: Time | None = None
    seconds: float | None = None
    rows_a_second: float | None = None
    write_units: float | None = None
    read_units: float | None = None
    lambda_seconds: float | None = None
    cost_usd: float | None = Field(
        default=None, description="Estimated from the capacity that DynamoDB reports."
    )
    report_url: str | None = Field(default=None, description="Of report.csv, one line for each row.")
    failed_url: str | None = Field(default=None, description="Of the rows not applied, to be mended.")


class Health(Answer):
    """The API answers."""

    status: Literal["ok"]


class GatewayRefusal(Answer):
    """The answer of API Gateway itself, before the function is called."""

    message: str


class ProblemDocument(Answer):
    """Why a request was not done (RFC 9457). For a rejected change the rest of its answer is here, too."""

    type: str = Field(json_schema_extra={"format": "uri"}, description="urn:registrar:problem:<code>")
    title: str
    status: int
    detail: str
    errors: list[ProblemEntry]
    change_id: ChangeId | None = None
    outcome: Literal["REJECTED"] | None = None
    user_id: UserId | None = None
    version: int | None = None
    record_hash: Hash | None = None
    replayed: bool | None = None
