"""SQL of the triggers that write the trail, made from a declaration and the model's columns.

In: `Audited`. Out: the text of one function and four triggers for its table. The triggers are one for each
statement, not for each row: a sync of 100,000 workers writes its entries in sets. They fire for the owner
and under session_replication_role = replica, too (ENABLE ALWAYS); the function runs with the owner's rights,
so that nobody else needs to be able to write entries.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.options import Options

from compliance.trail.declared import Audited

#: What the rows of a statement are called within triggers.
_OLD, _NEW = "trail_old", "trail_new"
_FUNCTION = """
CREATE OR REPLACE FUNCTION public.{function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
-- A plan is made when a statement changes one row and kept for those that change a hundred thousand.
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $trail$
DECLARE
    who record;
BEGIN
    SELECT * INTO who FROM public.compliance_acting();
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.compliance_audit_entry ({columns})
        SELECT {store_new}, '{table}', {key_new}, 'insert', NULL, {told_new}, {who}
        FROM {new} n CROSS JOIN LATERAL (SELECT {row_new} AS after) r;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO public.compliance_audit_entry ({columns})
        SELECT {store_old}, '{table}', {key_old}, 'delete', {told_old}, NULL, {who}
        FROM {old} o CROSS JOIN LATERAL (SELECT {row_old} AS before) r;
    ELSE
        -- A row whose key changed is one that went and one that came.
        INSERT INTO public.compliance_audit_entry ({columns})
        SELECT {store_new}, '{table}', {key_new}, 'update', {told_before}, {told_after}, {who}
        FROM {old} o JOIN {new} n ON {same}
        CROSS JOIN LATERAL (
            SELECT {row_old} AS before, {row_new} AS after OFFSET 0
        ) w
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(e.key, w.before -> e.key) AS before,
                   jsonb_object_agg(e.key, e.value) AS after
            FROM jsonb_each(w.after) e WHERE e.value IS DISTINCT FROM w.before -> e.key
        ) r
        WHERE r.after IS NOT NULL
        UNION ALL
        SELECT {store_old}, '{table}', {key_old}, 'delete', {told_old}, NULL, {who}
        FROM {old} o CROSS JOIN LATERAL (SELECT {row_old} AS before) r
        WHERE NOT EXISTS (SELECT FROM {new} n WHERE {same})
        UNION ALL
        SELECT {store_new}, '{table}', {key_new}, 'insert', NULL, {told_new}, {who}
        FROM {new} n CROSS JOIN LATERAL (SELECT {row_new} AS after) r
        WHERE NOT EXISTS (SELECT FROM {old} o WHERE {same});
    END IF;
    RETURN NULL;
END
$trail$;
"""
_TRIGGERS = """
CREATE TRIGGER {prefix}_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS {new}
    FOR EACH STATEMENT EXECUTE FUNCTION public.{function}();
CREATE TRIGGER {prefix}_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS {old} NEW TABLE AS {new}
    FOR EACH STATEMENT EXECUTE FUNCTION public.{function}();
CREATE TRIGGER {prefix}_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS {old}
    FOR EACH STATEMENT EXECUTE FUNCTION public.{function}();
CREATE TRIGGER {prefix}_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION public.compliance_trail_no_truncate();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {prefix}_insert, ENABLE ALWAYS TRIGGER {prefix}_update,
    ENABLE ALWAYS TRIGGER {prefix}_delete, ENABLE ALWAYS TRIGGER {prefix}_truncate;
"""
#: Columns of an entry that the trigger fills, in the order of the function's SELECT; `who` fills the last.
_WHO = (
    "actor_kind", "actor_id", "actor_name", "credential_id", "process", "request_id", "address", "reason",
    "database_role",
)  # fmt: skip
_COLUMNS = ("store_id", "table_name", "row_key", "operation", "before", "after", *_WHO)
TRIGGERS = ("insert", "update", "delete", "truncate")
PREFIX = "compliance_trail"


@dataclass(frozen=True, slots=True)
class Written:
    """What is installed for one table."""

    table: str
    function: str
    #: SQL of the function.
    body: str
    #: SQL of its triggers, run once.
    triggers: str
    #: Changes with the function's text; kept as its comment.
    mark: str


def options(model: type[models.Model]) -> Options[Any]:
    """Return what Django knows of a model's table."""
    return model._meta  # noqa: SLF001  Django's documented door, for all its name


def written(audited: Audited) -> Written:
    """Return what is installed for a declared model."""
    described = options(apps.get_model(audited.label))
    table = described.db_table
    keys = [str(field.column) for field in described.pk_fields]
    function = f"{PREFIX}_{table}"
    if len(function) > 63:
        raise ValueError(f"{function} is longer than a name may be in PostgreSQL")
    _known(described, audited)
    body = _FUNCTION.format(
        function=function, table=table, old=_OLD, new=_NEW,
        columns=", ".join(_COLUMNS),
        who=", ".join(f"who.{each}" for each in _WHO),
        row_old=_row("o", audited), row_new=_row("n", audited),
        same=" AND ".join(f'o."{each}" = n."{each}"' for each in keys),
        key_old=_key("o", keys), key_new=_key("n", keys),
        store_old=_store("o", described, audited.store), store_new=_store("n", described, audited.store),
        told_old=_told("r.before", audited, "removed"), told_new=_told("r.after", audited, "set"),
        told_before=_told("r.before", audited, "changed"), told_after=_told("r.after", audited, "changed"),
    )  # fmt: skip
    triggers = _TRIGGERS.format(prefix=PREFIX, table=table, function=function, old=_OLD, new=_NEW)
    return Written(table, function, body, triggers, hashlib.sha256(body.encode()).hexdigest()[:16])


def _known(described: Options[Any], audited: Audited) -> None:
    columns = {field.column for field in described.concrete_fields}
    if unknown := {*audited.silent, *audited.secret} - columns:
        raise ValueError(f"{audited.label} has no column {', '.join(sorted(unknown))}")


def _row(row: str, audited: Audited) -> str:
    silent = ",".join(audited.silent)
    return f"to_jsonb({row}) - '{{{silent}}}'::text[]" if silent else f"to_jsonb({row})"


def _key(row: str, keys: list[str]) -> str:
    columns = [f'{row}."{each}"' for each in keys]
    return f"{columns[0]}::text" if len(columns) == 1 else f"jsonb_build_array({', '.join(columns)})::text"


def _store(row: str, described: Options[Any], way: str) -> str:
    """Return SQL of the store a row belongs to, along foreign keys."""
    if not way:
        return "NULL::integer"
    step, _, rest = way.partition(".")
    field = described.get_field(step)
    column = str(getattr(field, "column", ""))
    if not rest:
        return f'{row}."{column}"'
    other = field.related_model
    if other is None or isinstance(other, str):
        raise ValueError(f"{described.label}.{step} leads nowhere")
    next_row, there = f"{row}s", options(other)
    key = f'{next_row}."{getattr(there.pk, "column", "id")}"'
    inner = _store(next_row, there, rest)
    return f'(SELECT {inner} FROM public.{there.db_table} {next_row} WHERE {key} = {row}."{column}")'  # noqa: S608  names of models


def _told(value: str, audited: Audited, word: str) -> str:
    """Return SQL of a row as the trail shows it: no secrets, and digests of what is large."""
    shown = f"public.compliance_trail_shown({value}, '{{{','.join(audited.secret)}}}', '{word}')"
    return (
        shown if audited.secret else f"CASE WHEN pg_column_size({value}) < 4000 THEN {value} ELSE {shown} END"
    )
