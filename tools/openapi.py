"""The OpenAPI document of the HTTP API, made from its models."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from registrar.api import problems
from registrar.api.models import (
    Accepted,
    ChangeAnswer,
    GatewayRefusal,
    Health,
    ImportAccepted,
    ImportStatus,
    ProblemDocument,
    RecordPage,
    Stats,
    Upload,
    User,
    UserPage,
)
from registrar.api.requests import (
    DeleteParameters,
    FindParameters,
    PageParameters,
    Parameters,
    StatsParameters,
)
from registrar.domain import limits
from registrar.domain.request import ChangeRequest
from registrar.imports.domain.request import ImportRequest, UploadRequest
from tools.schema import SchemaWithoutNoise

REFERENCE: Final = "#/components/schemas/{model}"

Answers = Mapping[int, tuple[type[BaseModel], str, list[str]]]
"""By status: the model of the body, what it says, and its headers."""

MODELS: Final = (
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
    500: "Internal error; the log has the request id, and an alarm is raised.",
    503: "Not answered in time; try again, with the same Idempotency-Key.",
}
OPERATIONS: Final = {
    "POST /changes": ("postChange", "Run a change"),
    "GET /changes/{change_id}": ("getChange", "What became of a change"),
    "GET /users": ("findUsers", "The user of a name, or the users of a status"),
    "POST /users": ("createUser", "Create a user"),
    "GET /users/{user_id}": ("getUser", "A user"),
    "PATCH /users/{user_id}": ("updateUser", "Update a user (JSON Merge Patch on its attributes)"),
    "DELETE /users/{user_id}": ("deleteUser", "Delete a user"),
    "GET /users/{user_id}/history": ("getHistory", "A user's audit trail, oldest record first"),
    "POST /uploads": ("createUpload", "An address for a file to be imported"),
    "POST /imports": ("postImport", "Import a file"),
    "GET /imports/{import_id}": ("getImport", "How far an import is, and how it went"),
    "GET /stats": ("getStats", "Users by status, changes by day, action and outcome"),
    "GET /health": ("getHealth", "Whether the API answers"),
}
"""By route: the operationId and the summary."""

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
PATH_PARAMETERS: Final = {
    name: {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}
    for name, pattern in (
        ("user_id", limits.USER_ID_PATTERN),
        ("change_id", limits.REACHABLE_CHANGE_ID_PATTERN),
        ("import_id", limits.IMPORT_ID_PATTERN),
    )
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
        [(model, "serialization") for model in MODELS],
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
    changed: Answers = {
        200: (ChangeAnswer, "Applied.", ["ETag"]),
        202: (Accepted, "Started.", ["Location", "Retry-After"]),
    }
    created: Answers = {**changed, 201: (ChangeAnswer, "A user was created.", ["ETag", "Location"])}
    decided: Answers = {
        200: (ChangeAnswer, "It was decided.", []),
        202: (Accepted, "It runs.", ["Location", "Retry-After"]),
    }
    imported: Answers = {
        200: (ImportAccepted, "It was started before, and has ended.", ["Location"]),
        202: (ImportAccepted, "Started.", ["Location", "Retry-After"]),
    }
    rejected = (404, 409, 412)
    users: Answers = {200: (UserPage, "Those users.", [])}
    user: Answers = {200: (User, "The user.", ["ETag"])}
    new_user: Answers = {status: created[status] for status in (201, 202)}
    records: Answers = {200: (RecordPage, "Records.", [])}
    upload: Answers = {201: (Upload, "Send the file there.", [])}
    progress: Answers = {200: (ImportStatus, "What is known.", [])}
    new_body = _body(change, "action", "user_id?")
    merge_patch = _body(change, "action", "user_id")
    deletion = [*SENT, *_query(DeleteParameters)]
    operations = (
        _operation("POST /changes", created, rejected, SENT, body=_reference("ChangeRequest")),
        _operation("GET /changes/{change_id}", decided, (404,)),
        _operation("GET /users", users, parameters=_query(FindParameters)),
        _operation("POST /users", new_user, rejected, SENT, body=new_body),
        _operation("GET /users/{user_id}", user, (404,)),
        _operation("PATCH /users/{user_id}", changed, rejected, SENT, body=merge_patch),
        _operation("DELETE /users/{user_id}", changed, (*rejected, 413), deletion),
        _operation("GET /users/{user_id}/history", records, (404,), _query(PageParameters)),
        _operation("POST /uploads", upload, body=_reference("UploadRequest")),
        _operation("POST /imports", imported, (409,), [IMPORT_KEY], body=_reference("ImportRequest")),
        _operation("GET /imports/{import_id}", progress, (404,)),
        _operation("GET /stats", {200: (Stats, "Counts.", [])}, parameters=_query(StatsParameters)),
        _operation("GET /health", {200: (Health, "It does.", [])}, is_open=True),
    )
    paths: dict[str, Any] = {}
    for path, method, operation in operations:
        paths.setdefault(path, {})[method] = operation
    return paths


def _operation(  # noqa: PLR0913 - what an operation has
    route: str,
    answers: Answers,
    refusals: Sequence[int] = (),
    parameters: Sequence[dict[str, Any]] = (),
    *,
    body: dict[str, Any] | None = None,
    is_open: bool = False,
) -> tuple[str, str, dict[str, Any]]:
    """Return path, method and operation; ``refusals`` are the statuses that only some operations have."""
    name, summary = OPERATIONS[route]
    method, path = route.split()
    responses = {
        str(status): {
            "description": words,
            "content": {"application/json": _schema_of(model.__name__)},
            **({"headers": {header: HEADERS[header] for header in headers}} if headers else {}),
        }
        for status, (model, words, headers) in answers.items()
    }
    of_body = () if body is None else (413, 415)
    for status in (400, *refusals, *of_body, 500, *(() if is_open else (503, *BY_THE_GATEWAY))):
        content = {problems.MEDIA_TYPE: _schema_of("ProblemDocument")}
        if status in BY_THE_GATEWAY:
            content["application/json"] = _schema_of("GatewayRefusal")
        responses[str(status)] = {"description": STATUS_WORDS[status], "content": content}
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": [PATH_PARAMETERS[each] for each in re.findall(r"{(\w+)}", path)] + [*parameters],
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    operation["responses"] = dict(sorted(responses.items()))
    return path, method.lower(), {**operation, **({"security": []} if is_open else {})}


def _schema_of(model: str) -> dict[str, Any]:
    return {"schema": _reference(model)}


def _reference(model: str) -> dict[str, Any]:
    return {"$ref": REFERENCE.format(model=model)}


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
    gone = {name for name in said if not name.endswith("?")}
    optional = {name.removesuffix("?") for name in said}
    return {
        "type": "object",
        "properties": {name: field for name, field in change["properties"].items() if name not in gone},
        "required": ["attributes", *(name for name in change["required"] if name not in optional)],
        "additionalProperties": False,
    }
