"""What an import has cost."""

from collections.abc import Mapping
from typing import Final

from registrar.imports.domain.results import Consumed

EXPRESS_GB: Final = 64 / 1024
"""The least memory that an Express workflow is billed for."""

PUTS_OF_A_CHUNK: Final = 4
GETS_OF_A_CHUNK: Final = 8
"""S3 requests for each chunk, those of the steps that plan and finish the import with them."""


def estimate(consumed: Consumed, chunks: int, memory_gb: float, price: Mapping[str, float]) -> float:
    """Return US dollars for the chunks of an import; planning and finishing it adds the S3 requests alone.

    Args:
        consumed: by all chunks; DynamoDB does not report the units of refused writes, such as replays.
        chunks: the number of chunks.
        memory_gb: of the functions.
        price: US dollars a unit (``adapters.prices``).
    """
    seconds = consumed.milliseconds / 1000
    return (
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
