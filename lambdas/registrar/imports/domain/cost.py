"""What an import has cost, by what DynamoDB and the clock have said."""

from typing import Final

from registrar.imports.adapters.prices import prices
from registrar.imports.domain.results import Consumed

EXPRESS_GB: Final = 64 / 1024
"""The memory that an Express workflow is billed for, at its least."""

PUTS_OF_A_CHUNK: Final = 4
GETS_OF_A_CHUNK: Final = 9


def estimate(consumed: Consumed, chunks: int, memory_gb: float) -> float:
    """Return US dollars for the chunks of an import; what reads and merges the file is not in it.

    Args:
        consumed: by all chunks together; refused writes, as of replays, do not tell their units.
        chunks: how many there were.
        memory_gb: of the functions.
    """
    price = prices()
    seconds = consumed.milliseconds / 1000
    return float(
        consumed.write_units * price["write_unit"]
        + consumed.read_units * price["read_unit"]
        + seconds * memory_gb * price["lambda_gb_second"]
        + chunks
        * (
            2 * price["lambda_request"]
            + price["express_request"]
            + PUTS_OF_A_CHUNK * price["s3_put"]
            + GETS_OF_A_CHUNK * price["s3_get"]
        )
        + seconds * EXPRESS_GB * price["express_gb_second"]
    )
