"""Statements by the workforce context they were learned in.

In: a `ContextQuery`. Out: keys of statements, newest or oldest first, a page at a time; a page goes on behind
the last key. Few contexts are each looked up by their index and merged; where many match, statements are
walked in order and their contexts checked, which fills a page as soon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from lrs import database

#: Up to so many matching contexts are looked up one by one.
_FEW = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextQuery:
    """Filters; all of them must hold for one actor of a statement."""

    store_id: int
    person_id: int | None = None
    #: A unit, with everything below it at the time of the statement.
    unit_id: int | None = None
    job_id: int | None = None
    location_id: int | None = None
    #: A manager: directly.
    manager_id: int | None = None
    #: A manager: directly or through others, at the time of the statement.
    line_of: int | None = None
    worker_type: str = ""
    status: str = ""
    regulatory_class: str = ""
    #: Of the statement's own timestamp; from inclusive, until exclusive.
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    #: Key of the last statement of the page before.
    after: int | None = None
    limit: int = 100


def search(query: ContextQuery) -> tuple[list[int], bool]:
    """Return the keys of one page, and whether there are more."""
    conditions = _conditions(query)
    few = _few(conditions)
    with database.binary_cursor() as cursor:
        cursor.execute(_by_context(query, few) if few is not None else _in_order(query, conditions))
        found = [row[0] for row in cursor]
    return found[: query.limit], len(found) > query.limit


def _conditions(query: ContextQuery) -> sql.Composable:
    """Return what must be so of a context `c`."""
    parts: list[sql.Composable] = [sql.SQL("c.store_id = {}").format(query.store_id)]
    equal = {
        "person_id": query.person_id,
        "job_id": query.job_id,
        "location_id": query.location_id,
        "manager_id": query.manager_id,
        "worker_type": query.worker_type or None,
        "status": query.status or None,
    }
    parts += [
        sql.SQL("c.{} = {}").format(sql.Identifier(name), sql.Literal(value))
        for name, value in equal.items()
        if value is not None
    ]
    if query.unit_id is not None:
        parts.append(sql.SQL("{} = ANY (c.path)").format(sql.Literal(query.unit_id)))
    if query.regulatory_class:
        parts.append(sql.SQL("{} = ANY (c.regulatory_classes)").format(sql.Literal(query.regulatory_class)))
    if query.line_of is not None:
        parts.append(sql.SQL("c.manager_id IS NOT NULL"))
    return sql.SQL(" AND ").join(parts)


def _statement_conditions(query: ContextQuery) -> sql.Composable:
    """Return what must be so of a row `s` that ties a statement to a context `c`."""
    parts: list[sql.Composable] = [sql.SQL("s.recorded_to IS NULL")]
    if query.since is not None:
        parts.append(sql.SQL("s.moment >= {}").format(sql.Literal(query.since)))
    if query.until is not None:
        parts.append(sql.SQL("s.moment < {}").format(sql.Literal(query.until)))
    if query.after is not None:
        comparison = sql.SQL("s.seq > {}" if query.ascending else "s.seq < {}")
        parts.append(comparison.format(sql.Literal(query.after)))
    if query.line_of is not None:
        parts.append(
            sql.SQL("connectors_in_line(c.manager_id, {}, s.moment)").format(sql.Literal(query.line_of))
        )
    return sql.SQL(" AND ").join(parts)


def _few(conditions: sql.Composable) -> list[int] | None:
    """Return the matching contexts, or None where they are many."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT c.id FROM connectors_context c WHERE {} LIMIT {}").format(conditions, _FEW + 1)
        )
        found = [row[0] for row in cursor]
    return found if len(found) <= _FEW else None


def _by_context(query: ContextQuery, contexts: list[int]) -> sql.Composed:
    return sql.SQL(
        "SELECT DISTINCT s.seq FROM connectors_context c, LATERAL ("
        " SELECT s.seq FROM connectors_statement_context s WHERE s.context_id = c.id AND {where}"
        " ORDER BY s.seq {order} LIMIT {limit}) s"
        " WHERE c.id = ANY ({contexts}::bigint[]) ORDER BY s.seq {order} LIMIT {limit}"
    ).format(
        where=_statement_conditions(query),
        order=_order(query),
        limit=sql.Literal(query.limit + 1),
        contexts=sql.Literal(contexts),
    )


def _in_order(query: ContextQuery, conditions: sql.Composable) -> sql.Composed:
    return sql.SQL(
        "SELECT DISTINCT s.seq FROM connectors_statement_context s"
        " JOIN connectors_context c ON c.id = s.context_id AND {context}"
        " WHERE s.store_id = {store} AND {where} ORDER BY s.seq {order} LIMIT {limit}"
    ).format(
        context=conditions,
        store=sql.Literal(query.store_id),
        where=_statement_conditions(query),
        order=_order(query),
        limit=sql.Literal(query.limit + 1),
    )


def _order(query: ContextQuery) -> sql.SQL:
    return sql.SQL("ASC" if query.ascending else "DESC")
