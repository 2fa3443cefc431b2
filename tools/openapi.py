"""The OpenAPI document of the HTTP API, made from its models."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from registrar.api import problems
from registrar.api.requests import (
    DeleteParameters,
    FindParameters,
    NoParameters,
    PageParameters,
    Parameters,
    StatsParameters,
)
from registrar.domain import limits
from registrar.domain.request import ChangeRequest
from registrar.imports.domain.request import ImportRequest, UploadRequest
from tools.schema import SchemaWithoutNoise

REFERENCE: Final = "#/components/schemas/{model}"

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
ChangeId = Annotated[str, Field(json_schema_extra={"pattern": limits.REACHABLE_CHANGE_ID_PATTERN})]
ImportId = Annotated[str, Field(pattern=limits.IMPORT_ID_PATTERN)]
UserId = Annotated[str, Field(pattern=limits.USER_ID_PATTERN)]
Next = Annotated[str | None, Field(description="The cursor of the next page; null at the end.")]


class Shape(BaseModel):
    """What an answer holds, and nothing else."""

    model_config = ConfigDict(extra="forbid")


class ProblemEntry(Shape):
    """One reason why a request was refused or a change rejected."""

    code: str
    path: str = Field(description="JSON Pointer into the change, or /query/… or /headers/…")
    message: str


class ChangeAnswer(Shape):
    """How a change ended."""

    change_id: ChangeId
    outcome: Literal["APPLIED", "REJECTED"]
    user_id: UserId | None
    version: int | None
    errors: list[ProblemEntry]
    record_hash: Hash
    replayed: bool = Field(description="Whether it had been decided before.")


class Accepted(Shape):
    """A change that runs."""

    change_id: ChangeId
    status: Literal["RUNNING"]


class User(Shape):
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


class UserPage(Shape):
    """Users, and where to go on."""

    users: list[User]
    next: Next
    complete_until: Time | None = Field(
        default=None,
        description="With status: all pages together hold every user whose newest change was sealed at or "
        "before it; pass it as the next updated_after. Of the first page; later pages repeat it.",
    )


class Record(Shape):
    """An audit record as it stands in the ledger; docs/architecture.md says how its hashes are made."""

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


class RecordPage(Shape):
    """Audit records, oldest first, and where to go on."""

    records: list[Record]
    next: Next


class LiveUsers(Shape):
    """Live users by status."""

    active: int
    suspended: int


class DayCount(Shape):
    """Changes of a day, UTC, by action and outcome."""

    day: str
    action: Literal["create", "update", "delete", "unknown"]
    outcome: Literal["APPLIED", "REJECTED"]
    changes: int


class Stats(Shape):
    """Exact counts of what is in the ledger, a few seconds old; the newest day first."""

    users: LiveUsers
    changes: list[DayCount]


class Upload(Shape):
    """Where the file goes: send it with PUT, then import the key."""

    key: str
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    seconds: int = Field(description="So long the address is good.")


ImportState = Literal["RUNNING", "SUCCEEDED", "REFUSED", "FAILED", "TIMED_OUT", "ABORTED"]


class ImportAccepted(Shape):
    """An import that was started, now or before."""

    import_id: ImportId
    status: ImportState


class ImportStatus(Shape):
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
    replayed: int | None = Field(default=None, description="Decided before this import, whatever the answer.")
    failed: int | None = Field(default=None, description="Not decided: a fault, or the import had stopped.")
    not_applied: int | None = Field(default=None, description="Whose answer is not APPLIED, replayed or not.")
    started_at: Time | None = None
    finished_at: Time | None = None
    seconds: float | None = None
    rows_a_second: float | None = None
    write_units: float | None = None
    read_units: float | None = None
    lambda_seconds: float | None = None
    cost_usd: float | None = Field(default=None, description="An estimate, from what DynamoDB has told.")
    report_url: str | None = Field(default=None, description="Of report.csv, one line for each row.")
    failed_url: str | None = Field(default=None, description="Of the rows not applied, to be mended.")


class Health(Shape):
    """The API answers."""

    status: Literal["ok"]


class GatewayRefusal(Shape):
    """What API Gateway itself answers before anything here is asked."""

    message: str


class ProblemDocument(Shape):
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


SHAPES: Final = (
    ChangeRequest,
    ChangeAnswer,
    Accepted,
    User,
    UserPage,
    RecordPage,
    Stats,
    ImportRequest,
    ImportAccepted,
    ImportStatus,
    UploadRequest,
    Upload,
    Health,
    ProblemDocument,
    GatewayRefusal,
)
STATUS_WORDS: Final = {
    400: "The request is not valid; every problem is listed.",
    401: "There is no valid token.",
    403: "The request is not signed, or its sender may not do this.",
    404: "There is no such user or change.",
    409: "A name is taken, the user is there already, or the id was used for another request.",
    412: "The user is not at the expected version.",
    413: "The request is too large.",
    415: "The body is not JSON in UTF-8.",
    429: "Too many requests; try again later.",
    500: "Not answered, and nobody has thought of it; the alarm has gone off.",
    503: "Not answered in time; try again, with the same Idempotency-Key.",
}
BY_THE_GATEWAY: Final = (401, 403, 429)
KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The change_id: takes effect once, forever. A repetition gets the recorded answer.",
    "schema": {"type": "string", "pattern": limits.REACHABLE_CHANGE_ID_PATTERN},
}
IMPORT_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The import_id: starts one import, however often it is sent. A new one when left out.",
    "schema": {"type": "string", "pattern": limits.IMPORT_ID_PATTERN},
}
IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "description": "The version last seen, as the ETag gave it; when stale the change is rejected. Tags of"
    " others match none; several versions are refused.",
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$'},
}
PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "description": "respond-async starts the change and answers at once (RFC 7240).",
    "schema": {"type": "string", "enum": ["respond-async"]},
}
SENT: Final = [KEY, IF_MATCH, PREFER]
HEADERS: Final[dict[str, Any]] = {
    "ETag": {"description": "The user's version, for If-Match.", "schema": {"type": "string"}},
    "Location": {"description": "Where to find it.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}


def document() -> dict[str, Any]:
    """Return the document, OpenAPI 3.1."""
    _, schemas = models_json_schema(
        [(shape, "serialization") for shape in SHAPES],
        ref_template=REFERENCE,
        schema_generator=SchemaWithoutNoise,
    )
    components = schemas["$defs"]
    # The caller is the actor: what it says of itself has no place in a body.
    change = components["ChangeRequest"]
    for request in (change, components["ImportRequest"]):
        del request["properties"]["actor"]
        request["required"].remove("actor")
    del components["Actor"]
    change["title"] = "User change"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Registrar",
            "version": "1.0.0",
            "description": "Auditable user changes. Each takes effect once or never and is in the ledger.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The stack's output ApiUrl."}],
        "security": [{"iam": []}],
        "paths": _paths(change),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "iam": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "description": "AWS Signature Version 4 for execute-api; or a bearer token.",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                }
            },
        },
    }


def _paths(change: dict[str, Any]) -> dict[str, Any]:
    user_id, change_id, import_id = (
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}
        for name, pattern in (
            ("user_id", limits.USER_ID_PATTERN),
            ("change_id", limits.REACHABLE_CHANGE_ID_PATTERN),
            ("import_id", limits.IMPORT_ID_PATTERN),
        )
    )
    changed = {
        200: (ChangeAnswer, "Applied.", ["ETag"]),
        202: (Accepted, "Started.", ["Location", "Retry-After"]),
    }
    created = {**changed, 201: (ChangeAnswer, "A user was created.", ["ETag", "Location"])}
    rejected = (400, 404, 409, 412, 413, 415, 503)
    one_user = {200: (User, "The user.", ["ETag"])}
    return {
        "/changes": {
            "post": _operation("postChange", "Run a change", created, rejected, SENT, body=_body(change)),
        },
        "/changes/{change_id}": {
            "get": _operation(
                "getChange",
                "What became of a change",
                {
                    200: (ChangeAnswer, "It was decided.", []),
                    202: (Accepted, "It runs.", ["Location", "Retry-After"]),
                },
                (400, 404, 503),
                [change_id, *_query(NoParameters)],
            ),
        },
        "/users": {
            "get": _operation(
                "findUsers",
                "The user of a name, or the users of a status",
                {200: (UserPage, "Those users.", [])},
                (400, 503),
                _query(FindParameters),
            ),
            "post": _operation(
                "createUser",
                "Create a user",
                {status: created[status] for status in (201, 202)},
                rejected,
                SENT,
                body=_body(change, "action", "user_id?"),
            ),
        },
        "/users/{user_id}": {
            "get": _operation(
                "getUser", "A user", one_user, (400, 404, 503), [user_id, *_query(NoParameters)]
            ),
            "patch": _operation(
                "updateUser",
                "Update a user (JSON Merge Patch on its attributes)",
                changed,
                rejected,
                [user_id, *SENT],
                body=_body(change, "action", "user_id"),
            ),
            "delete": _operation(
                "deleteUser",
                "Delete a user",
                changed,
                (400, 404, 409, 412, 413, 503),
                [user_id, *SENT, *_query(DeleteParameters)],
            ),
        },
        "/users/{user_id}/history": {
            "get": _operation(
                "getHistory",
                "A user's audit trail, oldest record first",
                {200: (RecordPage, "Records.", [])},
                (400, 404, 503),
                [user_id, *_query(PageParameters)],
            ),
        },
        "/uploads": {
            "post": _operation(
                "createUpload",
                "An address for a file to be imported",
                {201: (Upload, "Send the file there.", [])},
                (400, 413, 415, 503),
                [],
                body={"$ref": REFERENCE.format(model="UploadRequest")},
            ),
        },
        "/imports": {
            "post": _operation(
                "postImport",
                "Import a file",
                {
                    200: (ImportAccepted, "It was started before, and has ended.", ["Location"]),
                    202: (ImportAccepted, "Started.", ["Location", "Retry-After"]),
                },
                (400, 409, 413, 415, 503),
                [IMPORT_KEY],
                body={"$ref": REFERENCE.format(model="ImportRequest")},
            ),
        },
        "/imports/{import_id}": {
            "get": _operation(
                "getImport",
                "How far an import is, and how it went",
                {200: (ImportStatus, "What is known.", [])},
                (400, 404, 503),
                [import_id, *_query(NoParameters)],
            ),
        },
        "/stats": {
            "get": _operation(
                "getStats",
                "Users by status, changes by day, action and outcome",
                {200: (Stats, "Counts.", [])},
                (400, 503),
                _query(StatsParameters),
            ),
        },
        "/health": {
            "get": {
                **_operation(
                    "getHealth", "Whether the API answers", {200: (Health, "It does.", [])}, (400,), []
                ),
                "security": [],
            },
        },
    }


def _operation(  # noqa: PLR0913 - what an operation has
    name: str,
    summary: str,
    answers: dict[int, tuple[type[BaseModel], str, list[str]]],
    refusals: tuple[int, ...],
    parameters: list[dict[str, Any]],
    *,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    responses = {
        str(status): {
            "description": words,
            "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model=shape.__name__)}}},
            **({"headers": {header: HEADERS[header] for header in headers}} if headers else {}),
        }
        for status, (shape, words, headers) in answers.items()
    }
    for status in (*refusals, 500, *(BY_THE_GATEWAY if name != "getHealth" else ())):
        content = {problems.MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="ProblemDocument")}}}
        if status in BY_THE_GATEWAY:
            content["application/json"] = {"schema": {"$ref": REFERENCE.format(model="GatewayRefusal")}}
        responses[str(status)] = {"description": STATUS_WORDS[status], "content": content}
    operation = {"operationId": name, "summary": summary, "parameters": parameters}
    if body is not None:
        content = {"application/json": {"schema": body}}
        operation["requestBody"] = {"required": True, "content": content}
    return {**operation, "responses": dict(sorted(responses.items()))}


def _query(model: type[Parameters]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(schema_generator=SchemaWithoutNoise, ref_template=REFERENCE)
    parameters = []
    for name, field in schema.get("properties", {}).items():
        # A parameter that is left out is not null.
        options = [option for option in field.get("anyOf", [field]) if option.get("type") != "null"]
        (only,) = ({k: v for k, v in option.items() if k != "description"} for option in options)
        default = model.model_fields[name].default
        parameters.append(
            {
                "name": name,
                "in": "query",
                "description": field.get("description", ""),
                "schema": only if default is None else {**only, "default": default},
            }
        )
    return parameters


def _body(change: dict[str, Any], *said: str) -> dict[str, Any]:
    """Return the schema of a change without what method and path say; ``?`` marks what may be left out."""
    if not said:
        return {"$ref": REFERENCE.format(model="ChangeRequest")}
    gone = {name for name in said if not name.endswith("?")}
    optional = {name.removesuffix("?") for name in said}
    return {
        "type": "object",
        "properties": {name: field for name, field in change["properties"].items() if name not in gone},
        "required": ["attributes", *(name for name in change["required"] if name not in optional)],
        "additionalProperties": False,
    }
