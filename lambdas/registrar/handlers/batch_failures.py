"""What a stream's consumer answers Lambda."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger()


class BatchFailures:
    """The records of a stream's batch that failed: Lambda sends them again, by themselves in the end.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """

    def __init__(self) -> None:
        self._numbers: list[str] = []

    def add(self, number: str, reason: str) -> None:
        """Note that a record failed, by its sequence number; the reason, which is logged, names no person."""
        logger.error("a record of the stream failed", extra={"sequence_number": number, "error": reason})
        self._numbers.append(number)

    @contextmanager
    def noting(self, number: str) -> Iterator[None]:
        """Let the others of a batch go on when one fails, whatever its fault is."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a handler's edge
            # The error's text may quote the record, and logs hold no personal data.
            self.add(number, type(error).__name__)

    def answer(self) -> dict[str, Any]:
        """Return ``{"batchItemFailures": [{"itemIdentifier": …}]}``, the numbers of those that failed."""
        return {"batchItemFailures": [{"itemIdentifier": number} for number in self._numbers]}
