"""The API's function."""

import logging
import traceback
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from api import changes, imports, stats, users
from api.problems import Refused
from registrar.errors import TransientFault

RETRY_AFTER_SECONDS: Final = 1

logger = logging.getLogger()
app = APIGatewayHttpResolver()
for routes in (changes, users, imports, stats):
    app.include_router(routes.router)
# As Powertools keeps them: it tells a path's methods nowhere else.
ROUTES: Final = (*app._static_routes, *app._dynamic_routes)  # noqa: SLF001


@app.exception_handler(Refused)
def refuse(refused: Refused) -> Response[str]:
    """Answer what cannot be done as it was asked."""
    return refused.response()


@app.exception_handler(TransientFault)
def retry_later(fault: TransientFault) -> Response[str]:
    """Answer what may work in a moment."""
    logger.warning("not answered", extra={"reason": str(fault)})
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        detail="try again; a change takes effect once when it is sent again with the same Idempotency-Key",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    ).response()


@app.exception_handler(Exception)
def give_up(error: Exception) -> Response[str]:
    """Answer what nobody has thought of; the API's own alarm goes off for the status."""
    # Where, and not what: an error's text may quote a request, and logs hold no personal data.
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("not answered", extra={"error": type(error).__name__, "frames": frames[-5:]})
    return Refused(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail="nobody has thought of this; it is logged"
    ).response()


@app.not_found
def no_route(_error: NotFoundError) -> Response[str]:
    """Answer a path that is not there, or a method that its path does not have."""
    path = app.current_event.path
    allowed = sorted({route.method for route in ROUTES if route.rule.match(path)})
    if not allowed:
        return Refused(HTTPStatus.NOT_FOUND, "not_found", detail="no such path").response()
    headers = {"Allow": ", ".join(allowed)}
    return Refused(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", headers=headers).response()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's context
    """Answer a request to the HTTP API, payload format 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    return app.resolve(event, context)
