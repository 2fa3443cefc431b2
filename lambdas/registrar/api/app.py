"""The API's function."""

import logging
import re
import traceback
from typing import Any, Final
from urllib.parse import quote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from registrar.adapters.executions import INPUT_BYTES_MAX, InputTooLarge
from registrar.api import changes, imports, stats, users
from registrar.api.problems import Refused
from registrar.api.responses import RETRY_AFTER
from registrar.domain.errors import TransientFault

logger = logging.getLogger()
app = APIGatewayHttpResolver()
for routes in (changes, users, imports, stats):
    app.include_router(routes.router)
# Private, as Powertools has no public list of a path's methods.
ROUTES: Final = (*app._static_routes, *app._dynamic_routes)  # noqa: SLF001


@app.exception_handler(Refused)
def refuse(refused: Refused) -> Response[str]:
    """Answer a refused request with its problem document."""
    return refused.response()


@app.exception_handler(TransientFault)
def retry_later(fault: TransientFault) -> Response[str]:
    """Answer a transient fault with 503 and Retry-After."""
    logger.warning("not answered", extra={"reason": str(fault)})
    return Refused(
        "unavailable",
        detail="try again; a change takes effect once when it is sent again with the same Idempotency-Key",
        headers=RETRY_AFTER,
    ).response()


@app.exception_handler(InputTooLarge)
def refuse_too_large(_error: InputTooLarge) -> Response[str]:
    """Answer a request whose body is within the limit but too large for an execution."""
    detail = f"an execution takes at most {INPUT_BYTES_MAX} bytes"
    return Refused("payload_too_large", detail=detail).response()


@app.exception_handler(Exception)
def give_up(error: Exception) -> Response[str]:
    """Answer an internal error; an alarm is raised for its log line."""
    # Where, and not what: an error's text may quote a request, and logs hold no personal data.
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("not answered", extra={"error": type(error).__name__, "frames": frames[-5:]})
    return Refused("internal_error", detail="internal error; the log has the request id").response()


@app.not_found
def no_route(_error: NotFoundError) -> Response[str]:
    """Answer an unknown path, or a method that its path does not have."""
    path = app.current_event.path
    methods = {route.method for route in ROUTES if route.rule.match(path)}
    allowed = sorted(methods | {"HEAD"} if "GET" in methods else methods)
    if not allowed:
        return Refused("not_found", detail="no such path").response()
    headers = {"Allow": ", ".join(allowed)}
    return Refused("method_not_allowed", headers=headers).response()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's context
    """Answer a request to the HTTP API, payload format 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    request = event["requestContext"]["http"]
    is_head = request["method"] == "HEAD"
    # RFC 9110, 9.3.2: like GET, without the content.
    http = {**request, "method": "GET" if is_head else request["method"]}
    asked = {**event, "rawPath": _path_of(event), "requestContext": {**event["requestContext"], "http": http}}
    answered = app.resolve(asked, context)
    return {**answered, "body": ""} if is_head else answered


def _path_of(event: dict[str, Any]) -> str:
    """Return the path of the resource that API Gateway has matched, its parameters encoded.

    ``rawPath`` is decoded: a slash or a line feed in an id would make another path of it.
    """
    template = event.get("routeKey", "$default").partition(" ")[2]
    if not template:
        return quote(event["rawPath"], safe="/:@")
    parameters = event.get("pathParameters") or {}
    return re.sub(r"\{(\w+)\}", lambda found: quote(parameters[found[1]], safe=":@"), template)
