"""One snapshot of the database for everything that is read within a block.

Whoever is in a transaction already reads in that one. Else each part of a report would be of another moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from psycopg import IsolationLevel


@contextmanager
def snapshot() -> Iterator[None]:
    """Read within the block as of its beginning."""
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    # Said with BEGIN: the first statement of a transaction may tell who acts.
    raw: Any = connection.connection
    before = raw.isolation_level
    raw.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with transaction.atomic():
            yield
    finally:
        if not raw.closed:
            raw.isolation_level = before
