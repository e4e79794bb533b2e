"""Which partition a key goes to.

One rule: the same answer as the Java client's default partitioner, because everyone who writes a keyed topic must agree on
where a key lives; a second opinion would break the order per key.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import unpack_from

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


@lru_cache(maxsize=65_536)  # a key comes back often, and the hash of 20 bytes costs 2 µs in Python
def murmur2(key: bytes) -> int:
    """The 32-bit Murmur2 hash with Kafka's seed."""
    length = len(key)
    h = _SEED ^ length
    whole = length & ~3
    for word in unpack_from(f"<{length >> 2}I", key):
        k = word * _M & _MASK
        h = (h * _M & _MASK) ^ ((k ^ (k >> 24)) * _M & _MASK)
    if whole != length:
        h = (h ^ int.from_bytes(key[whole:], "little")) * _M & _MASK
    h = (h ^ (h >> 13)) * _M & _MASK
    return h ^ (h >> 15)


def partition_for(key: bytes, partitions: Sequence[int]) -> int:
    """The partition of *key* among *partitions*, which are sorted."""
    return partitions[(murmur2(key) & 0x7FFFFFFF) % len(partitions)]
