"""Failed sign-ins: how many for one key, and from one address, before waiting is due.

In: the key tried and the address it came from. Out: the seconds to wait, or nothing. Whoever signed in with a
key from an address within the hour is still let in with the right secret while others guess: a
stranger's guesses must not lock an LMS out. Never a key or an address in the cache, only hashes of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import ip_address, ip_network

from lrs import conf
from lrs.auth.counters import COUNTERS, Counters

WINDOW_SECONDS = 60
TRUST_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Whether a caller has to wait, and whether it has signed in before."""

    #: Seconds until the next guess is looked at; 0, it is looked at now.
    wait_seconds: int
    #: Signed in with this key from this address within the hour.
    trusted: bool


class Throttle:
    """Counts failures in windows of a minute, for keys and for addresses."""

    def __init__(self, *, counters: Counters = COUNTERS, clock: Callable[[], float] = time.time) -> None:
        self._counters = counters
        self._clock = clock

    def standing(self, key: str, address: str) -> Standing:
        """Return how the caller stands; one round trip to the cache."""
        most = conf.failures_per_minute()
        if most <= 0:
            return Standing(wait_seconds=0, trusted=True)
        names = self._names(key, address)
        trust = _name("trust", key, network_of(address))
        counts = self._counters.read([*names, trust])
        over = any(counts.get(name, 0) >= most for name in names)
        left = math.ceil(WINDOW_SECONDS - self._clock() % WINDOW_SECONDS)
        return Standing(wait_seconds=max(1, left) if over else 0, trusted=trust in counts)

    def failed(self, key: str, address: str) -> None:
        """Note a wrong key or secret."""
        if conf.failures_per_minute() > 0:
            for name in self._names(key, address):
                self._counters.add(name, 1, seconds=2 * WINDOW_SECONDS)

    def succeeded(self, key: str, address: str) -> None:
        """Note a right one."""
        self._counters.put(_name("trust", key, network_of(address)), 1, seconds=TRUST_SECONDS)

    def _names(self, key: str, address: str) -> list[str]:
        window = int(self._clock() // WINDOW_SECONDS)
        names = [_name("address", network_of(address), str(window))] if address else []
        if key:
            names.append(_name("key", key, str(window)))
        return names


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 an IPv6 host can roam in."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))


def _name(*parts: str) -> str:
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16)
    return f"lrs:failed:{digest.hexdigest()}"


#: The throttle of this process.
THROTTLE = Throttle()
