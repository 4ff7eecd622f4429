"""Keys that stand in a file more than once, told in bounded memory.

In: every key of a file, twice over. The first pass marks bits by a hash and keeps the few hashes that were
marked before; in the second pass only those keys are compared as they are. A million keys take 16 MiB.
"""

from __future__ import annotations

from hashlib import blake2b

_BITS = 27


class Repeats:
    """Which keys repeat."""

    def __init__(self) -> None:
        self._marks = bytearray(1 << (_BITS - 3))
        self._suspects: set[int] = set()
        self._first: dict[str, int] = {}

    def note(self, key: str) -> None:
        """First pass: a key stands in the file."""
        place = _place(key)
        byte, bit = place >> 3, 1 << (place & 7)
        if self._marks[byte] & bit:
            self._suspects.add(place)
        else:
            self._marks[byte] |= bit

    def settle(self) -> None:
        """The first pass is over."""
        self._marks = bytearray()

    def earlier(self, key: str, number: int) -> int:
        """Second pass: return the number of the record that had the key before, or 0."""
        if _place(key) not in self._suspects:
            return 0
        first = self._first.setdefault(key, number)
        return 0 if first == number else first


def _place(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> (
        64 - _BITS
    )
