"""How two sets of items differ, in memory that does not grow with them."""

import secrets
from array import array
from hashlib import blake2b
from typing import Final

from registrar_client.check import rules
from registrar_client.check.rules import Item

BUCKETS: Final = 1 << 18
"""So many parts each set has; a part that differs is looked at item by item. Eight bytes each."""

WRAP: Final = (1 << 64) - 1


class Difference:
    """Where one multiset of items differs from another.

    Each item goes into a bucket by its key. A bucket is the sum of the keyed hashes of one set's items minus
    that of the other's: zero when both have the same items there, in whatever order they come, and otherwise
    zero with a chance of 2**-64. Nobody can make items that cancel out: the hash's key is made here.
    https://doi.org/10.1007/978-3-540-40061-5_12 (Incremental Multiset Hash Functions)

    Not safe for threads: callers lock.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._sums = array("Q", bytes(8 * BUCKETS))
        self._marked = bytearray(BUCKETS)

    def add(self, key: str, item: Item) -> None:
        """Note an item of the one set."""
        bucket = self._bucket(key)
        self._sums[bucket] = (self._sums[bucket] + self._hash(item)) & WRAP

    def subtract(self, key: str, item: Item) -> None:
        """Note an item of the other set."""
        bucket = self._bucket(key)
        self._sums[bucket] = (self._sums[bucket] - self._hash(item)) & WRAP

    def mark(self, key: str) -> None:
        """Note that what has this key must be looked at, whatever the other set has."""
        self._marked[self._bucket(key)] = 1

    def __bool__(self) -> bool:
        """Tell whether the sets differ, or anything is marked."""
        return any(self._marked) or any(self._sums)

    def __contains__(self, key: str) -> bool:
        """Tell whether an item with this key may be where the sets differ."""
        bucket = self._bucket(key)
        return bool(self._marked[bucket] or self._sums[bucket])

    def _bucket(self, key: str) -> int:
        name = key.encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(name, digest_size=4, key=self._key).digest()) % BUCKETS

    def _hash(self, item: Item) -> int:
        return int.from_bytes(blake2b(rules.canonical(item), digest_size=8, key=self._key).digest())
