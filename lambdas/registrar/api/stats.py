"""The routes of the counts and of the health check."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from registrar.api import resources
from registrar.api.models import DayCount, Health, LiveUsers, Stats
from registrar.api.requests import NoParameters, StatsParameters, parameters_of
from registrar.api.responses import json_response
from registrar.domain.counts import USERS, day_row
from registrar.domain.user import Status

router = APIGatewayHttpRouter()


@router.get("/stats")
def get_stats() -> Response[str]:
    """Return users by status, and changes by day, action and outcome."""
    wanted = parameters_of(router.current_event, StatsParameters)
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(wanted.days)]
    totals = resources.counters.totals(days[-1], days[0])
    changes = [
        DayCount.model_validate({"day": day, "action": action, "outcome": outcome, "changes": number})
        for day in days
        for name, number in sorted(totals.get(day_row(day), Counter()).items())
        for action, outcome in [name.split(" ")]
    ]
    users = totals.get(USERS, Counter())
    live = LiveUsers(active=users[Status.ACTIVE], suspended=users[Status.SUSPENDED])
    return json_response(HTTPStatus.OK, Stats(users=live, changes=changes))


@router.get("/health")
def get_health() -> Response[str]:
    """Say that the API answers; asks nothing else."""
    parameters_of(router.current_event, NoParameters)
    return json_response(HTTPStatus.OK, Health(status="ok"))
