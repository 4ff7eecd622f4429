"""What a simulator does wrong when a test or a trial asks for it: so often, then it is well again.

In: how often what is to go wrong. Out: what does, as requests come. Never chance: a fault that is switched on
happens at the next occasion.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class Faults:
    """Switches, each with the number of times it is still to happen. Safe from several threads.

    A simulator has switches of its own by `arm` and `take`, such as "shift" for rows that move between pages.
    """

    _left: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _saying: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def throttle(self, count: int = 1, retry_after: float | str = 1) -> None:
        """Answer the next requests with 429; `retry_after` is a number of seconds or an HTTP date."""
        self.arm("throttle", count, str(retry_after))

    def fail(self, count: int = 1, status: int = 500) -> None:
        """Answer the next requests with an error of the server."""
        self.arm("fail", count, str(status))

    def expire_tokens(self) -> None:
        """Have every token and session given out so far refused from now on."""
        self.arm("expire")

    def malform(self, count: int = 1) -> None:
        """Answer the next requests with a body that is cut in the middle of a value, yet whole as HTTP."""
        self.arm("malform", count)

    def truncate(self, count: int = 1) -> None:
        """Break the connection in the middle of the next bodies."""
        self.arm("truncate", count)

    def arm(self, name: str, count: int = 1, saying: str = "") -> None:
        """Have something happen at the next occasions."""
        with self._lock:
            self._left[name] = count
            self._saying[name] = saying

    def take(self, name: str) -> str | None:
        """Return what was said of a fault that happens now, which may be empty; None: it does not."""
        with self._lock:
            if self._left[name] <= 0:
                return None
            self._left[name] -= 1
            return self._saying[name]

    def clear(self) -> None:
        """Have all be well again."""
        with self._lock:
            self._left.clear()
