"""The objects of imports, and what an import needs of the store that holds them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class FoundObject:
    """An object: its size in bytes, and the ETag of the content that was found."""

    bucket: str
    key: str
    size: int
    tag: str


class ObjectStore(Protocol):
    """The import bucket (``registrar.imports.adapters.objects.Objects``).

    Every method raises ``TransientFault`` when the store throttles or is not reached: try again.
    """

    bucket: str

    def find(self, bucket: str, key: str) -> FoundObject | None:
        """Find an object of any bucket, None when it is not there or may not be read."""

    def blocks(self, found: FoundObject) -> Iterator[bytes]:
        """Yield the bytes of an object that was found, a block at a time."""

    def read(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read a JSON object, None when it is not there."""

    def write(self, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Write a JSON object."""

    def write_once(self, key: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
        """Write a JSON object unless it is there; tell whether it was written."""

    def upload(self, key: str, file: Path, content_type: str) -> None:
        """Write a file."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
