"""A batch of records from a stream, some of which may fail."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from registrar.domain.record import Record

logger = logging.getLogger()


@dataclass(frozen=True)
class Arrived:
    """A record that a stream brought.

    Attributes:
        number: its sequence number in the stream.
        created_at: when it was written to the table, in seconds since 1970.
    """

    number: str
    created_at: float
    record: Record


class BatchFailures:
    """The records of a batch that failed. Lambda sends them again, at last each by itself.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """

    def __init__(self) -> None:
        self.numbers: list[str] = []

    def add(self, number: str, reason: str) -> None:
        """Report a record as failed; the reason is logged, so it must not have personal data."""
        logger.error("a record of the stream failed", extra={"sequence_number": number, "error": reason})
        self.numbers.append(number)

    @contextmanager
    def noting(self, number: str) -> Iterator[None]:
        """Note any fault as this record's, so that the others of its batch go on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - one record must not hold up the others
            # The error's text may quote the record, and logs hold no personal data.
            self.add(number, type(error).__name__)
