"""Distinguishes AWS's transient faults from all others."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NotConnectedError

from registrar.domain.errors import TransientFault

TRANSIENT: Final = frozenset(
    {
        "ExecutionLimitExceeded",
        "InternalException",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottlingException",
        "TransactionInProgressException",
        "TransactionConflictException",
    }
)


@contextmanager
def transient_faults() -> Iterator[None]:
    """Turn a transient fault of AWS into TransientFault; let any other through."""
    try:
        yield
    except (HTTPClientError, IncompleteReadError, NotConnectedError) as error:
        raise TransientFault(type(error).__name__) from error
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
        # A cancellation is final only when conditions alone gave it.
        mixed = reasons and not set(reasons) <= {"None", None, "ConditionalCheckFailed"}
        if code in TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR or mixed:
            raise TransientFault(code) from error
        raise


def cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    """Return a cancelled transaction's reasons, one a write."""
    reasons: Any = error.response["CancellationReasons"]
    return list(reasons)
