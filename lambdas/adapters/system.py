"""The clock and the source of randomness, in the forms that records hold."""

import secrets
from datetime import UTC, datetime


def now() -> str:
    """Return the time: ISO 8601, UTC, microseconds, as ``2030-01-31T12:00:00.000000Z``."""
    return _written(datetime.now(UTC))


def in_utc(time: str) -> str:
    """Return an ISO 8601 time of Step Functions as ``now`` writes it, so that the two compare as texts."""
    return _written(datetime.fromisoformat(time).astimezone(UTC))


def _written(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def salt() -> str:
    """Return 16 random bytes as 32 hexadecimal digits."""
    return secrets.token_hex(16)
