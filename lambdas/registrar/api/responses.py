"""Responses: one way to write a body."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

NEVER_STORED: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Answers hold personal data: https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html"""

RETRY_AFTER: Final = {"Retry-After": "1"}
"""How long a client waits before it asks again, in seconds."""


def json_response(
    status: HTTPStatus,
    body: BaseModel,
    headers: Mapping[str, str] | None = None,
    *,
    media_type: str = "application/json",
) -> Response[str]:
    """Return a response; fields of its body that were never given a value are left out."""
    # Records are shown as they stand in the ledger, even when they do not fit the model: hence no warnings.
    text = json.dumps(body.model_dump(exclude_unset=True, warnings=False), ensure_ascii=False)
    return Response(status.value, media_type, text, {**NEVER_STORED, **(headers or {})})


def etag(version: int) -> str:
    """Return a version as an entity tag, for ``If-Match``."""
    return f'"{version}"'
