"""The clock and the source of randomness, in the forms that records hold."""

import random
import secrets
from datetime import UTC, datetime

from registrar.domain.times import text_of

# Draws from the operating system: what Python seeds at import is the same in all processes that SnapStart
# restores from one snapshot. https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
_random = random.SystemRandom()


def now() -> str:
    """Return the time: ISO 8601, UTC, microseconds, as ``2030-01-31T12:00:00.000000Z``."""
    return text_of(datetime.now(UTC))


def salt() -> str:
    """Return 16 random bytes as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def jitter(longest: float) -> float:
    """Return a random number of seconds, up to the longest (full jitter).

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return _random.uniform(0, longest)


def one_of(count: int) -> int:
    """Return a random number from 0 to below the count."""
    return _random.randrange(count)
