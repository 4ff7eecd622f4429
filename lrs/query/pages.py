"""A query becomes one page of statements.

In: a `StatementQuery`, and for every page but the first the database snapshot of the first. Out: `Page`.
Filters are ordered ranges of the link table, intersected; payloads come out as they will be served. Voided
statements never appear, their voiding statements do (xAPI 1.0.3, Communication 2.1.4).

Later pages see exactly what the first one could see: a statement that was not committed then is left out by
its transaction id, so paging neither skips nor doubles while others write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from lrs import database
from lrs.ingest.batch import Flag
from lrs.ingest.entities import known
from lrs.lately import Lately
from lrs.query.statement_query import StatementQuery

#: Where a statement may be seen: it is a voiding one, or no voiding statement names it. The LIMIT keeps the
#: planner from hashing every voided id there is, for a page of a hundred.
NOT_VOIDED = sql.SQL(
    "((s.flags & {voiding}) <> 0 OR (SELECT true FROM lrs_voided_statement v"
    " WHERE v.store_id = s.store_id AND v.statement_id = s.statement_id LIMIT 1) IS NULL)"
).format(voiding=sql.Literal(int(Flag.VOIDING)))


@dataclass(frozen=True, slots=True)
class Row:
    """One statement as stored."""

    seq: int
    payload: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page, and what continues it."""

    rows: tuple[Row, ...]
    #: Whether there are more after the last row.
    more: bool
    #: The snapshot (text of pg_snapshot) the first page was read in.
    snapshot: str
    #: Every statement stored before this moment was visible to this page.
    consistent_through: datetime


@database.read_again
def read_page(query: StatementQuery, snapshot: str | None = None) -> Page:
    """Return the statements of one page, in order of storing."""
    consistent_through = read_consistent_through()
    entities = _entities(query)
    if entities is None:
        return Page(rows=(), more=False, snapshot=snapshot or "", consistent_through=consistent_through)
    with database.binary_cursor() as cursor:
        cursor.execute(_statement(query, entities, snapshot))
        found = cursor.fetchall()
    rows = tuple(Row(seq, payload) for seq, payload, _ in found[: query.limit])
    return Page(
        rows=rows,
        more=len(found) > query.limit,
        snapshot=snapshot or (found[0][2] if found else ""),
        consistent_through=consistent_through,
    )


@database.read_again
def read_consistent_through() -> datetime:
    """Return the moment before which every statement is visible; ask before reading, never after."""
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT lrs_consistent_through()", prepare=True)
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("lrs_consistent_through returned no row")
    moment: datetime = row[0]
    return moment


def recent_consistent_through() -> datetime:
    """Return a moment before which every statement is visible, asked for a second ago at most.

    For answers that carry no statements: it may be a little early, and costs next to nothing.
    """
    found = remembered_consistent_through()
    if found is None:
        found = read_consistent_through()
        _recent.put_all({None: found})
    return found


def remembered_consistent_through() -> datetime | None:
    """Return what was asked for a second ago at most, without asking."""
    return _recent.entries().get(None)


_recent: Lately[None, datetime] = Lately(most=1, seconds=1.0)


def _entities(query: StatementQuery) -> list[tuple[int, int]] | None:
    """Return (entity id, roles) of each filter; None where one names something never seen."""
    found = []
    for key, roles in query.filters:
        entity_id = known(query.store_id, key)
        if entity_id is None:
            return None
        found.append((entity_id, roles))
    return found


def _statement(query: StatementQuery, entities: list[tuple[int, int]], snapshot: str | None) -> sql.Composed:
    """Return the SQL of a page, with literals, so that the planner sees which entities are common."""
    driver = sql.SQL("l0") if entities else sql.SQL("s")
    conditions: list[sql.Composable] = [
        sql.SQL("{d}.seq > {after} AND {d}.seq < {before}").format(
            d=driver, after=sql.Literal(query.after), before=sql.Literal(query.before)
        ),
        sql.SQL("s.store_id = {}").format(sql.Literal(query.store_id)),
    ]
    if not query.with_voided:
        conditions.append(NOT_VOIDED)
    if query.source_id is not None:
        conditions.append(sql.SQL("s.source_id = {}").format(sql.Literal(query.source_id)))
    tables: list[sql.Composable] = []
    for number, (entity_id, roles) in enumerate(entities):
        alias = sql.Identifier(f"l{number}")
        joined = sql.SQL("") if number == 0 else sql.SQL(" ON {a}.seq = l0.seq").format(a=alias)
        tables.append(sql.SQL("lrs_statement_entity {a}{on}").format(a=alias, on=joined))
        conditions.append(
            sql.SQL("{a}.entity_id = {e} AND ({a}.roles & {r}) <> 0").format(
                a=alias, e=sql.Literal(entity_id), r=sql.Literal(roles)
            )
        )
    if entities:
        tables.append(sql.SQL("lrs_statement s ON s.seq = l0.seq"))
    else:
        tables.append(sql.SQL("lrs_statement s"))
    if snapshot:
        conditions.append(
            sql.SQL("pg_visible_in_snapshot(s.xid, {}::pg_snapshot)").format(sql.Literal(snapshot))
        )
    return sql.SQL(
        "SELECT s.seq, s.payload, pg_current_snapshot()::text FROM {tables} WHERE {where}"
        " ORDER BY {d}.seq {order} LIMIT {limit}"
    ).format(
        tables=sql.SQL(" JOIN ").join(tables),
        where=sql.SQL(" AND ").join(conditions),
        d=driver,
        order=sql.SQL("ASC" if query.ascending else "DESC"),
        limit=sql.Literal(query.limit + 1),
    )
