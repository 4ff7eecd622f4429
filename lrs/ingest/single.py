"""One statement that names nothing new is stored by one plain SQL statement.

In: a batch of one without references, whose entities this process knows. Out: `Single`, the call, and from
its answer the `Stored`. No answer means that nothing was stored because something has its id already, which
`lrs_store_batch` then judges. The rows are those `lrs_store_batch` stores, at little more than the price of
the bare INSERT: calling a function and taking a batch apart costs a third of a single statement.

What it says of activities and agents is held against what is known of them; what is not known yet is learned
afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrs import database, learning
from lrs.auth.access import Access
from lrs.binary_arrays import big_integers, integers, moment
from lrs.identity import EntityKey
from lrs.ingest.batch import Batch
from lrs.ingest.store import Stored

# PostgreSQL takes the lock on every table of a statement before it runs it, so before the clock is read here:
# lrs_consistent_through relies on it.
STORE_ONE = database.Prepared(
    "lrs_store_one",
    """
WITH drawn AS MATERIALIZED (
    SELECT nextval('lrs_statement_tie')::integer AS tie,
           (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1577836800000000 AS base
), place AS MATERIALIZED (
    SELECT d.base, d.tie, ((d.base + 1) << 12) | d.tie AS seq,
           to_timestamp(1577836800) + (d.base + 1) * interval '1 microsecond' AS at
    FROM drawn d
), stored AS (
    INSERT INTO lrs_statement (seq, store_id, source_id, credential_id, statement_id, stored, timestamp, xid,
                               version, flags, fingerprint, payload)
    SELECT p.seq, $1::integer, $2::integer, $3::integer, $4::uuid, p.at, coalesce($6::timestamptz, p.at),
           pg_current_xact_id(), $7::integer, $8::integer, $5::uuid,
           '{"stored":"' || t.text
               || CASE WHEN $6::timestamptz IS NULL THEN '","timestamp":"' || t.text ELSE '' END
               || '",' || $9::text
    FROM place p,
         LATERAL (SELECT to_char(p.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS text) AS t
    WHERE NOT EXISTS (
        SELECT FROM lrs_disposed_statement d WHERE d.store_id = $1::integer AND d.statement_id = $4::uuid
    )
    ON CONFLICT (store_id, statement_id) DO NOTHING
    RETURNING seq
), linked AS (
    INSERT INTO lrs_statement_entity (entity_id, seq, roles)
    SELECT l.entity, s.seq, l.roles FROM stored s, unnest($10::bigint[], $11::integer[]) AS l (entity, roles)
)
SELECT p.base, p.tie,
       EXISTS (SELECT FROM lrs_statement_reference r
               WHERE r.store_id = $1::integer AND r.target = $4::uuid) AS referred,
       EXISTS (SELECT FROM unnest($12::bigint[], $13::uuid[]) AS u (entity, digest)
               WHERE NOT EXISTS (SELECT FROM lrs_activity_definition a
                                 WHERE a.entity_id = u.entity AND a.digest = u.digest))
       OR EXISTS (SELECT FROM unnest($14::bigint[], $15::text[]) AS u (entity, name)
                  WHERE NOT EXISTS (SELECT FROM lrs_agent_name n
                                    WHERE n.entity_id = u.entity AND n.name = u.name)) AS news
FROM place p, stored s
""",
)


@dataclass(frozen=True, slots=True)
class Single:
    """A statement as the database takes it."""

    values: Sequence[database.Value]
    entity_ids: Mapping[EntityKey, int]

    def stored(self, row: tuple[Any, ...]) -> tuple[Stored, bool]:
        """Return where it went, and whether what it says of activities and agents is news to the database."""
        base, tie, referred, news = row
        return Stored(base, tie, frozenset(), referred, self.entity_ids), news


def single_of(
    access: Access, batch: Batch, entity_ids: Mapping[EntityKey, int], said: learning.News
) -> Single | None:
    """Return the call for a batch of one whose entities have these ids; None for any other. Never a query."""
    if len(batch.ids) != 1 or batch.references:
        return None
    [links] = batch.links
    [timestamp] = batch.timestamps
    return Single(
        values=(
            access.store_id,
            access.source_id,
            access.credential_id,
            batch.ids[0].bytes,
            batch.fingerprints[0].bytes,
            None if timestamp is None else moment(timestamp),
            batch.versions[0],
            batch.flags[0],
            batch.tails[0].encode(),
            big_integers([entity_ids[key] for key in links]),
            integers(list(links.values())),
            *learning.held_against(said),
        ),
        entity_ids=entity_ids,
    )
