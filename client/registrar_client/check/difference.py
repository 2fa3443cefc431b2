"""Where two sets of items differ, in memory that does not grow with them."""

import secrets
from array import array
from hashlib import blake2b
from typing import Final

from registrar_client.check import rules
from registrar_client.check.rules import Item

BUCKETS: Final = 1 << 18
"""Items of a bucket that differs are compared one by one. A bucket takes nine bytes."""

WRAP: Final = (1 << 64) - 1


class Difference:
    """Where one multiset of items differs from another.

    Each item goes into a bucket by its key. A bucket is the sum of the keyed hashes of the first set's items
    minus that of the second's: zero when both have the same items there, in any order, and otherwise zero
    with a probability of 2**-64. The hash has a random key, so that nobody can forge items that cancel out.
    https://doi.org/10.1007/978-3-540-40061-5_12 (Incremental Multiset Hash Functions)

    Not thread-safe: callers lock.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._sums = array("Q", bytes(8 * BUCKETS))
        self._marked = bytearray(BUCKETS)

    def add(self, key: str, item: Item) -> None:
        """Add an item of the first set."""
        bucket = self._bucket(key)
        self._sums[bucket] = (self._sums[bucket] + self._hash(item)) & WRAP

    def subtract(self, key: str, item: Item) -> None:
        """Add an item of the second set."""
        bucket = self._bucket(key)
        self._sums[bucket] = (self._sums[bucket] - self._hash(item)) & WRAP

    def mark(self, key: str) -> None:
        """Treat a key as differing, whatever the sets have."""
        self._marked[self._bucket(key)] = 1

    def __bool__(self) -> bool:
        """Return whether the sets differ, or a key is marked."""
        return any(self._marked) or any(self._sums)

    def __contains__(self, key: str) -> bool:
        """Return whether the sets may differ in an item with this key."""
        bucket = self._bucket(key)
        return bool(self._marked[bucket] or self._sums[bucket])

    def _bucket(self, key: str) -> int:
        name = key.encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(name, digest_size=4, key=self._key).digest()) % BUCKETS

    def _hash(self, item: Item) -> int:
        return int.from_bytes(blake2b(rules.canonical(item), digest_size=8, key=self._key).digest())
