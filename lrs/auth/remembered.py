"""What a process remembers of credentials it has just checked, so that a busy LMS costs no query.

In: the Authorization header, and the Access it proved to be. Out: that Access, for a few seconds. The
header itself is never kept, only a hash of it under a key that lives and dies with the process. A
credential that is revoked elsewhere goes on working here for `conf.credential_seconds()` at the most.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from hashlib import blake2b

from lrs import conf
from lrs.auth.access import Access


class Remembered:
    """A bounded map from header to Access whose entries last a few seconds; safe for threads."""

    def __init__(self, *, most: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._entries: dict[bytes, tuple[float, Access]] = {}

    def get(self, header: str) -> Access | None:
        """Return the Access `header` proved to be a moment ago."""
        entry = self._entries.get(self._digest(header))
        if entry is None or entry[0] <= self._clock():
            return None
        return entry[1]

    def put(self, header: str, access: Access, *, seconds_left: float | None = None) -> None:
        """Remember `access` for `header`; `seconds_left` where the credential ends by itself."""
        seconds = conf.credential_seconds()
        if seconds_left is not None:
            seconds = min(seconds, seconds_left)
        if len(self._entries) >= self._most:
            self._make_room()
        self._entries[self._digest(header)] = (self._clock() + seconds, access)

    def clear(self) -> None:
        """Forget everything, after a credential was revoked or changed in this process."""
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def _digest(self, header: str) -> bytes:
        # Keyed by itself (RFC 7693, 2.9), and a tenth of what HMAC costs for so few bytes.
        return blake2b(header.encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest()

    def _make_room(self) -> None:
        now = self._clock()
        # A copy, because other threads put entries meanwhile.
        for digest, (until, _) in list(self._entries.items()):
            if until <= now:
                self._entries.pop(digest, None)
        if len(self._entries) >= self._most:
            self._entries.clear()


#: The one memory of this process.
REMEMBERED = Remembered()
