"""The routes that tell how things stand."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from registrar.adapters.counters import Counters
from registrar.api.changes import dynamodb_client, json_response
from registrar.api.requests import NoParameters, StatsParameters, parameters_of
from registrar.domain.counts import USERS, day_row

router = APIGatewayHttpRouter()


@router.get("/stats")
def get_stats() -> Response[str]:
    """Return users by status, and changes by day, action and outcome."""
    wanted = parameters_of(router.current_event, StatsParameters)
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(wanted.days)]
    totals = Counters.from_environment(dynamodb_client).totals(days[-1], days[0])
    changes = [
        {"day": day, "action": action, "outcome": outcome, "changes": number}
        for day in days
        for name, number in sorted(totals.get(day_row(day), Counter()).items())
        for action, outcome in [name.split(" ")]
    ]
    users = totals.get(USERS, Counter())
    return json_response(
        HTTPStatus.OK,
        {"users": {status: users[status] for status in ("active", "suspended")}, "changes": changes},
    )


@router.get("/health")
def get_health() -> Response[str]:
    """Tell that the API answers; asks nothing else."""
    parameters_of(router.current_event, NoParameters)
    return json_response(HTTPStatus.OK, {"status": "ok"})
