"""The clock and the source of randomness, in the forms that records hold."""

import secrets
from datetime import UTC, datetime


def now() -> str:
    """Return the time: ISO 8601, UTC, microseconds, as ``2030-01-31T12:00:00.000000Z``."""
    return text_of(datetime.now(UTC))


def text_of(moment: datetime) -> str:
    """Return an aware moment in the form of ``now``: of one length, so that texts sort as moments do.

    Raises:
        OverflowError: in UTC it lies outside of the years 1 to 9999.
    """
    # Not strftime: its %Y writes a year below 1000 with as many digits as it has.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def salt() -> str:
    """Return 16 random bytes as 32 hexadecimal digits."""
    return secrets.token_hex(16)
