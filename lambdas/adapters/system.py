"""The clock and the source of randomness, in the forms that records hold."""

import secrets
from datetime import UTC, datetime


def now() -> str:
    """Return the time: ISO 8601, UTC, microseconds, as ``2030-01-31T12:00:00.000000Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def salt() -> str:
    """Return 16 random bytes as 32 hexadecimal digits."""
    return secrets.token_hex(16)
