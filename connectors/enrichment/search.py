"""Statements by the workforce context they were learned in.

In: a `ContextQuery`. Out: keys of statements by their own timestamps, newest or oldest first, a page at a
time; a page goes on behind the last one, so a statement is never given twice, and one that meets the filters
throughout is never skipped. Where few contexts match, the statements of each are looked up by index and
merged; where many do, statements are walked in order and their contexts checked, which fills a page as soon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from connectors.enrichment.line import Line, line_of
from lrs import database
from lrs.query.naming import naming

#: Up to so many matching contexts are looked up one by one.
_FEW = 2_000
_NOTHING = sql.SQL("SELECT NULL::timestamptz, NULL::bigint WHERE false")


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
    source_id: int | None = None
    #: IRIs.
    verb: str = ""
    activity: str = ""
    #: Of the statement's own timestamp; from inclusive, until exclusive.
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    #: The last statement of the page before.
    after: Found | None = None
    limit: int = 100

    @property
    def by_context(self) -> bool:
        """Whether it asks anything of contexts; where not, statements without one are found too."""
        return any(
            value not in (None, "")
            for value in (
                self.person_id,
                self.unit_id,
                self.job_id,
                self.location_id,
                self.manager_id,
                self.line_of,
                self.worker_type,
                self.status,
                self.regulatory_class,
            )
        )


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A statement, and what it is ordered by."""

    moment: datetime
    seq: int


def search(query: ContextQuery) -> tuple[list[Found], bool]:
    """Return the statements of one page, and whether there are more."""
    with database.binary_cursor() as cursor:
        cursor.execute(statement(query))
        found = [Found(*row) for row in cursor]
    return found[: query.limit], len(found) > query.limit


def statement(query: ContextQuery) -> sql.SQL | sql.Composed:
    """Return the SQL of a page, with literals, so that the planner sees what is common."""
    named = naming(query.store_id, sql.SQL("s.seq"), verb=query.verb, activity=query.activity)
    if named is None:
        return _NOTHING
    line = None if query.line_of is None else line_of(query.store_id, query.line_of)
    where = sql.SQL(" AND ").join([*_of_statement(query), named])
    if not query.by_context:
        return _in_order(query, where)
    context = _of_context(query, line)
    few = _few(context)
    if few is None:
        checks = [where, _checked(context), *([] if line is None else [_in_line(query, line)])]
        return _in_order(query, sql.SQL(" AND ").join(checks))
    if line is None:
        return _by_context(query, few, where)
    return _by_context_in_line(query, few, where, line)


def _of_context(query: ContextQuery, line: Line | None) -> sql.Composable:
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
        parts.append(sql.SQL("c.path @> ARRAY[{}::bigint]").format(sql.Literal(query.unit_id)))
    if query.regulatory_class:
        parts.append(
            sql.SQL("c.regulatory_classes @> ARRAY[{}::text]").format(sql.Literal(query.regulatory_class))
        )
    if line is not None:
        parts.append(
            sql.SQL("c.manager_id = ANY ({}::bigint[])").format(sql.Literal(sorted(set(line.people))))
        )
    return sql.SQL(" AND ").join(parts)


def _of_statement(query: ContextQuery) -> list[sql.Composable]:
    """Return what must be so of a row `s` that ties a statement to a context, but for the store."""
    parts: list[sql.Composable] = [sql.SQL("s.recorded_to IS NULL")]
    if query.source_id is not None:
        parts.append(sql.SQL("s.source_id = {}").format(sql.Literal(query.source_id)))
    if query.since is not None:
        parts.append(sql.SQL("s.moment >= {}").format(sql.Literal(query.since)))
    if query.until is not None:
        parts.append(sql.SQL("s.moment < {}").format(sql.Literal(query.until)))
    if query.after is not None:
        comparison = sql.SQL(">" if query.ascending else "<")
        parts.append(
            sql.SQL("(s.moment, s.seq) {} ({}, {}::bigint)").format(
                comparison, sql.Literal(query.after.moment), sql.Literal(query.after.seq)
            )
        )
    return parts


def _in_line(query: ContextQuery, line: Line) -> sql.Composable:
    """Return that the manager of the context of `s` was in the line at the moment of `s`.

    The spans tell most of it at once; which of several assignments of somebody in between counted is for the
    one question that decides it.
    """
    return sql.SQL(
        "(SELECT true FROM connectors_context c"
        " JOIN unnest({people}::bigint[], {spans}::tstzrange[]) AS l (person, span)"
        " ON l.person = c.manager_id"
        " WHERE c.id = s.context_id AND l.span @> s.moment"
        " AND connectors_in_line(c.manager_id, {manager}, s.moment) LIMIT 1) IS NOT NULL"
    ).format(
        people=sql.Literal(list(line.people)),
        spans=sql.Literal(list(line.spans)),
        manager=sql.Literal(query.line_of),
    )


def _few(conditions: sql.Composable) -> list[int] | None:
    """Return the matching contexts, or None where they are many."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT c.id FROM connectors_context c WHERE {} LIMIT {}").format(conditions, _FEW + 1)
        )
        found = [row[0] for row in cursor]
    return found if len(found) <= _FEW else None


def _checked(conditions: sql.Composable) -> sql.Composable:
    """Return that the context of `s` meets conditions: a look-up for each row, never a join."""
    return sql.SQL(
        "(SELECT true FROM connectors_context c WHERE c.id = s.context_id AND {} LIMIT 1) IS NOT NULL"
    ).format(conditions)


def _by_context(query: ContextQuery, contexts: list[int], where: sql.Composable) -> sql.Composed:
    return sql.SQL(
        "SELECT DISTINCT s.moment, s.seq FROM unnest({contexts}::bigint[]) AS c (id), LATERAL ("
        " SELECT s.moment, s.seq FROM connectors_statement_context s WHERE s.context_id = c.id AND {where}"
        " ORDER BY s.moment {order}, s.seq {order} LIMIT {limit}) s"
        " ORDER BY s.moment {order}, s.seq {order} LIMIT {limit}"
    ).format(
        contexts=sql.Literal(contexts),
        where=where,
        order=_order(query),
        limit=sql.Literal(query.limit + 1),
    )


def _by_context_in_line(
    query: ContextQuery, contexts: list[int], where: sql.Composable, line: Line
) -> sql.Composed:
    """Return the same with the line decided last, for as many statements as a page needs: it costs most."""
    return sql.SQL(
        "SELECT DISTINCT s.moment, s.seq FROM ("
        " SELECT s.moment, s.seq, s.context_id FROM connectors_statement_context s"
        " WHERE s.context_id = ANY ({contexts}::bigint[]) AND {where}"
        " ORDER BY s.moment {order}, s.seq {order} OFFSET 0) s"
        " WHERE {line} ORDER BY s.moment {order}, s.seq {order} LIMIT {limit}"
    ).format(
        contexts=sql.Literal(contexts),
        where=where,
        line=_in_line(query, line),
        order=_order(query),
        limit=sql.Literal(query.limit + 1),
    )


def _in_order(query: ContextQuery, where: sql.Composable) -> sql.Composed:
    return sql.SQL(
        "SELECT DISTINCT s.moment, s.seq FROM connectors_statement_context s"
        " WHERE s.store_id = {store} AND {where} ORDER BY s.moment {order}, s.seq {order} LIMIT {limit}"
    ).format(
        store=sql.Literal(query.store_id),
        where=where,
        order=_order(query),
        limit=sql.Literal(query.limit + 1),
    )


def _order(query: ContextQuery) -> sql.SQL:
    return sql.SQL("ASC" if query.ascending else "DESC")
