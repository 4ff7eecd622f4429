"""What makes a delivered file unusable as a whole; a damaged row is a `RawRecord.broken` instead."""

from __future__ import annotations

from connectors.errors import Incomplete


class Damaged(Incomplete):
    """A file that will not become readable by waiting: it goes to failed/, and its sender sends it again."""
