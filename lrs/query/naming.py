"""Which statements name a verb or an activity, for queries over what an application keeps beside them.

In: a store, a verb or an activity. Out: SQL that is true of statements that name it, by the keys of another
table; None where no statement of the store ever did. The rules are those of the xAPI's filters: statements
that refer to one that names it count too.
"""

from __future__ import annotations

from psycopg import sql

from lrs import database
from lrs.identity import EntityKey, activity_key, verb_key
from lrs.ingest.entities import known
from lrs.ingest.links import DIRECT_ROLES, Role, with_inherited

#: So many statements are named one by one.
_FEW = 2_000


def naming(
    store_id: int, seq: sql.Composable, *, verb: str = "", activity: str = ""
) -> sql.Composable | None:
    """Return what must be so of the statement whose key is `seq`."""
    wanted: list[tuple[EntityKey, int]] = []
    if verb:
        wanted.append((verb_key(verb), with_inherited(Role.VERB)))
    if activity:
        wanted.append((activity_key(activity), with_inherited(DIRECT_ROLES)))
    parts: list[sql.Composable] = []
    for key, roles in wanted:
        entity_id = known(store_id, key)
        if entity_id is None:
            return None
        parts.append(_named(entity_id, int(roles), seq))
    return sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")


def _named(entity_id: int, roles: int, seq: sql.Composable) -> sql.Composable:
    """Return the condition for one entity: the statements by name where they are few, else a look-up of each
    statement. Never a join, for which the planner would read all that was ever done."""
    links = sql.SQL("lrs_statement_entity e WHERE e.entity_id = {} AND (e.roles & {}) <> 0").format(
        sql.Literal(entity_id), sql.Literal(roles)
    )
    with database.binary_cursor() as cursor:
        cursor.execute(sql.SQL("SELECT e.seq FROM {} LIMIT {}").format(links, sql.Literal(_FEW + 1)))
        few = [row[0] for row in cursor]
    if len(few) <= _FEW:
        return sql.SQL("{} = ANY ({}::bigint[])").format(seq, sql.Literal(few))
    return sql.SQL("(SELECT true FROM {} AND e.seq = {} LIMIT 1) IS NOT NULL").format(links, seq)
