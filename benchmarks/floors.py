"""What the database alone can do: the same rows into the same tables, with nothing in front of them.

In: a database with the hub's migrations, and the statements a crew would post. Out: a step for each
transaction. The rows are made beforehand by the hub's own `prepare` (payloads, fingerprints, links) and
their entities are there already, so that a step is one INSERT of statements and links by psycopg's binary
parameters and `unnest`, prepared, in one round trip with its own commit. Also the row-at-a-time store, a
program of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import sample
from benchmarks.system import batches_of

#: The rows stand in a store of that number; nobody reads them.
STORE = 1

_INSERT = """
WITH stored AS (
    INSERT INTO lrs_statement (seq, store_id, source_id, credential_id, statement_id, stored, timestamp, xid,
                               version, flags, fingerprint, payload)
    SELECT u.seq, %b::integer, %b::integer, %b::integer, u.id, u.stored, u.at, pg_current_xact_id(),
           u.version, u.flags, u.fingerprint, u.payload
    FROM unnest(%b::bigint[], %b::uuid[], %b::timestamptz[], %b::timestamptz[], %b::smallint[],
                %b::smallint[], %b::uuid[], %b::text[])
         AS u (seq, id, stored, at, version, flags, fingerprint, payload)
)
INSERT INTO lrs_statement_entity (entity_id, seq, roles)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::integer[])
"""


def insert(
    *, dsn: str, batch: int, most: int, first_session: int, member: int, file: str = ""
) -> Iterator[int]:
    """Insert batches of `batch` statements, `most` in all, over one connection."""
    import django
    import psycopg

    django.setup()
    rows = [
        _columns(each, tie=member)
        for each in batches_of(batch=batch, most=most, first_session=first_session, file=file)
    ]
    with psycopg.connect(dsn, autocommit=True) as connection, psycopg.Cursor(connection) as cursor:
        cursor.format = psycopg.pq.Format.BINARY
        yield 0
        for columns in rows:
            cursor.execute(_INSERT, columns, prepare=True)
            yield len(columns[3])


def _columns(statements: Sequence[sample.Statement], *, tie: int) -> Sequence[Any]:
    from lrs.ingest import batch, clock, entities
    from lrs.wire import timestamps
    from lrs.wire.version import Version

    authority = {"objectType": "Agent", "account": {"homePage": sample.HOME, "name": "benchmark"}}
    prepared = batch.prepare(statements, statements, authority=authority, version=Version.V1)
    ids = entities.resolve(STORE, prepared.entity_keys())
    base = ((time.time_ns() // 1000) - int(clock.EPOCH.timestamp() * 1_000_000)) << clock.TIE_BITS
    seqs = [base + (number << clock.TIE_BITS) + tie for number in range(len(statements))]
    # Making a batch takes longer than its statements have microseconds; so keys never meet.
    time.sleep(len(statements) / 1_000_000)
    stored = [clock.EPOCH + timedelta(microseconds=seq >> clock.TIE_BITS) for seq in seqs]
    texts = [f'{{"stored":"{timestamps.render(moment)}",' for moment in stored]
    return (
        STORE,
        1,
        1,
        seqs,
        prepared.ids,
        stored,
        [at or moment for at, moment in zip(prepared.timestamps, stored, strict=True)],
        prepared.versions,
        prepared.flags,
        prepared.fingerprints,
        [text + tail for text, tail in zip(texts, prepared.tails, strict=True)],
        [ids[key] for links in prepared.links for key in links],
        [seq for seq, links in zip(seqs, prepared.links, strict=True) for _ in links],
        [roles for links in prepared.links for roles in links.values()],
    )


def row_at_a_time(program: Path, dsn: str, statements: Path, *, count: int, batch: int) -> float:
    """Run the row-at-a-time store; return its statements a second."""
    done = subprocess.run(
        [sys.executable, str(program), dsn, str(statements), str(count), str(batch)],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"([0-9.]+) statements/s", done.stdout)
    if found is None:
        raise SystemExit(f"{program.name} printed no rate: {done.stdout}")
    return float(found[1])
