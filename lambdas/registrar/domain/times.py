"""Times as records hold them: ISO 8601, UTC, microseconds, as ``2030-01-31T12:00:00.000000Z``."""

from datetime import UTC, datetime


def text_of(moment: datetime) -> str:
    """Return an aware moment as text: of one length, so that texts sort as moments do.

    Raises:
        OverflowError: in UTC it lies outside of the years 1 to 9999.
    """
    # Not strftime: its %Y writes a year below 1000 with as many digits as it has.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def in_utc(time: str) -> str:
    """Return an ISO 8601 time of Step Functions as records hold it, so that the two compare as texts."""
    return text_of(datetime.fromisoformat(time))
