"""Which people meet some filters, in the order of their ids.

In: a `PeopleQuery`. Out: ids and contexts as of a moment, as known at another, a page at a time. Candidates
come from the version tables by index; whether the assignment found is the one that counts is then decided for
all of them at once by the one question of connectors.workforce.as_of. People merged into others never appear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from connectors import visible
from connectors.identity.normal import normal
from connectors.workforce import as_of
from connectors.workforce.as_of import Context
from lrs import database

#: Candidates looked at together.
_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleQuery:
    """Filters; all of them must hold."""

    store_id: int
    at: datetime
    known: datetime
    #: A unit, with everything below it then.
    unit_id: int | None = None
    job_id: int | None = None
    location_id: int | None = None
    manager_id: int | None = None
    worker_type: str = ""
    status: str = ""
    #: The beginning of a whole name or a family name.
    name: str = ""
    identifier: str = ""
    identifier_type: str = ""
    issuer: str = ""
    #: Whether names and identifiers count only if they were so at `at`.
    then: bool = False
    after: int = 0
    limit: int = 100

    @property
    def by_assignment(self) -> bool:
        """Whether it asks where people work."""
        return bool(
            self.unit_id
            or self.job_id
            or self.location_id
            or self.manager_id
            or self.worker_type
            or self.status
        )


def search(query: PeopleQuery) -> tuple[list[tuple[int, Context | None]], bool]:
    """Return the people of one page, and whether there are more."""
    found: list[tuple[int, Context | None]] = []
    for ids in _candidates(query):
        contexts = as_of.people_at(ids, [query.at] * len(ids), query.known)
        for person_id, context in zip(ids, contexts, strict=True):
            if _meets(query, context):
                found.append((person_id, context))
        if len(found) > query.limit:
            break
    return found[: query.limit], len(found) > query.limit


def _meets(query: PeopleQuery, context: Context | None) -> bool:
    if not query.by_assignment:
        return True
    if context is None or (query.unit_id is not None and query.unit_id not in context.path):
        return False
    asked = {
        "job_id": query.job_id,
        "location_id": query.location_id,
        "manager_id": query.manager_id,
        "worker_type": query.worker_type or None,
        "status": query.status or None,
    }
    return all(value is None or getattr(context, name) == value for name, value in asked.items())


def _candidates(query: PeopleQuery) -> Iterator[list[int]]:
    """Yield ids in order, some at a time."""
    after = query.after
    most = _AT_A_TIME if query.by_assignment else query.limit + 1
    while True:
        with database.binary_cursor() as cursor:
            cursor.execute(_statement(query, after, most))
            ids = [row[0] for row in cursor]
        if ids:
            yield ids
        if len(ids) < most:
            return
        after = ids[-1]


def _statement(query: PeopleQuery, after: int, most: int) -> sql.Composed:
    root = sql.SQL("coalesce(p.merged_into_id, p.id)")
    conditions: list[sql.Composable] = [
        sql.SQL("p.store_id = {}").format(query.store_id),
        sql.SQL("{} > {}").format(root, after),
        # Composed of the hub's own words and numbers.
        sql.SQL(visible.condition("coalesce(p.merged_into_id, p.id)")),
    ]
    if query.by_assignment:
        conditions.append(_assigned(query))
    if query.name:
        conditions.append(_named(query))
    if query.identifier:
        conditions.append(_identified(query))
    return sql.SQL(
        "SELECT DISTINCT {root} AS root FROM connectors_person p WHERE {where} ORDER BY root LIMIT {most}"
    ).format(root=root, where=sql.SQL(" AND ").join(conditions), most=most)


def _assigned(query: PeopleQuery) -> sql.Composable:
    parts: list[sql.Composable] = []
    equal = {"job_id": query.job_id, "location_id": query.location_id}
    texts = {"worker_type": query.worker_type, "status": query.status}
    parts += [
        sql.SQL("v.{} = {}").format(sql.Identifier(name), sql.Literal(value))
        for name, value in (equal | texts).items()
        if value
    ]
    if query.unit_id is not None:
        parts.append(
            sql.SQL(
                "v.unit_id IN (SELECT t.unit_id FROM connectors_unit_path t WHERE t.path @> ARRAY[{}::bigint]"
                " AND t.valid @> {}::timestamptz AND t.recorded @> {}::timestamptz)"
            ).format(query.unit_id, query.at, query.known)
        )
    if query.manager_id is not None:
        parts.append(
            sql.SQL(
                "v.manager_id IN (SELECT {0}::bigint UNION ALL"
                " SELECT m.id FROM connectors_person m WHERE m.merged_into_id = {0})"
            ).format(query.manager_id)
        )
    return _exists("connectors_work_assignment_version", query, parts, then=True)


def _named(query: PeopleQuery) -> sql.Composable:
    escaped = query.name.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = sql.Literal(f"{escaped}%")
    named = sql.SQL("(lower(v.formatted_name) LIKE {0} OR lower(v.family_name) LIKE {0})").format(like)
    return _exists("connectors_person_version", query, [named], then=query.then)


def _identified(query: PeopleQuery) -> sql.Composable:
    parts: list[sql.Composable] = [sql.SQL("v.normal = {}").format(sql.Literal(normal(query.identifier)))]
    if query.identifier_type:
        parts.append(sql.SQL("v.type = {}").format(sql.Literal(query.identifier_type)))
    if query.issuer:
        parts.append(sql.SQL("v.issuer = {}").format(sql.Literal(query.issuer)))
    return _exists("connectors_identifier", query, parts, then=query.then)


def _exists(table: str, query: PeopleQuery, parts: list[sql.Composable], *, then: bool) -> sql.Composable:
    """Return that a person has a version of which `parts` are so."""
    conditions = [*parts, sql.SQL("v.recorded @> {}::timestamptz").format(query.known)]
    if then:
        conditions.append(sql.SQL("v.valid @> {}::timestamptz").format(query.at))
    return sql.SQL("p.id IN (SELECT v.person_id FROM {} v WHERE {})").format(
        sql.Identifier(table), sql.SQL(" AND ").join(conditions)
    )
