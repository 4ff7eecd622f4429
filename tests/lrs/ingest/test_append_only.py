"""Statements are never changed or removed, whoever asks and however: as the owner of the tables, as a plain
role with every grant, with triggers of replication alone, through SQL and through the ORM."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models, transaction
from django.db.utils import DatabaseError

from lrs.models import (
    SignatureFinding,
    Statement,
    StatementAttachment,
    StatementEntity,
    StatementReference,
    VoidedStatement,
)
from tests.fixtures import Xapi
from tests.lrs.multipart import with_attachment
from tests.statements import statement, voiding

#: Each protected table, with a change that one of its rows would notice.
TABLES: dict[type[models.Model], str] = {
    Statement: "payload = replace(payload, 'passed', 'failed')",
    StatementReference: "target = gen_random_uuid()",
    VoidedStatement: "statement_id = gen_random_uuid()",
    StatementAttachment: "attachment_id = attachment_id + 1",
    SignatureFinding: "verified = NOT verified",
    StatementEntity: "roles = 0",
}
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)


Rows = list[list[tuple[Any, ...]]]

REFUSED = re.compile("append-only|only gains roles")


@pytest.fixture
def kept(moodle: Xapi) -> Callable[[], Rows]:
    """A statement with all that can stand beside one; returns how to read what every table has of it."""
    certificate = statement()
    moodle.request(
        "POST", "statements", **with_attachment(certificate, b"certificate of Ann", "text/plain")
    ).expect(200)
    moodle.store(voiding(certificate["id"]))
    seqs = list(Statement.objects.filter(store=moodle.store_id).values_list("seq", flat=True))
    SignatureFinding.objects.create(seq=min(seqs), verified=True, algorithm="RS256", finding={})

    def read() -> Rows:
        return [sorted(table._default_manager.filter(seq__in=seqs).values_list()) for table in TABLES]

    assert all(read())
    return read


@contextmanager
def as_the_owner() -> Iterator[None]:
    """As the role that made the tables."""
    yield


@contextmanager
def as_the_application() -> Iterator[None]:
    """As a role that owns nothing and was granted everything that can be granted."""
    role = f"application_{uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} NOSUPERUSER")
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"SET LOCAL ROLE {role}")
    yield


@contextmanager
def as_a_replica() -> Iterator[None]:
    """As the owner, with the triggers of replication alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    yield


each_caller = pytest.mark.parametrize(
    "caller", [as_the_owner, as_the_application, as_a_replica], ids=lambda caller: caller.__name__
)

#: Written with the table, a change, its primary key and what an upsert changes.
WAYS = {
    "update": "UPDATE {table} SET {change}",
    "update in a query": "WITH gone AS (UPDATE {table} SET {change} RETURNING 1) SELECT count(*) FROM gone",
    "update from": "UPDATE {table} t SET {change} FROM (VALUES (1)) AS v (n) WHERE v.n = 1",
    "delete": "DELETE FROM {table}",
    "delete using": "DELETE FROM {table} t USING (VALUES (1)) AS v (n) WHERE v.n = 1",
    "delete in a query": "WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT count(*) FROM gone",
    "merge to update": "MERGE INTO {table} USING (SELECT 1) v ON true WHEN MATCHED THEN UPDATE SET {change}",
    "merge to delete": "MERGE INTO {table} t USING (SELECT 1) v ON true WHEN MATCHED THEN DELETE",
    "upsert": "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {upsert}",
    "truncate": "TRUNCATE {table}",
    "truncate cascade": "TRUNCATE {table} CASCADE",
    "truncate with others": "TRUNCATE lrs_statement, lrs_statement_entity, {table}",
}


def _sql(way: str, table: type[models.Model]) -> str:
    change = TABLES[table]
    column = change.partition(" =")[0]
    name = table._meta.db_table
    composite = isinstance(table._meta.pk, models.CompositePrimaryKey)
    key = ", ".join(str(field.column) for field in table._meta.pk_fields) if composite else "seq"
    upsert = change if table is not Statement else "payload = 'gone'"
    upsert = upsert.replace(f"= {column} +", f"= {name}.{column} +").replace(
        f"NOT {column}", f"NOT {name}.{column}"
    )
    return WAYS[way].format(table=name, change=change, key=key, upsert=upsert)


@each_caller
@each_table
def test_it_refuses_every_way_to_change_or_remove_rows(
    kept: Callable[[], Rows], caller: Any, table: type[models.Model]
) -> None:
    before = kept()
    for way in WAYS:
        with (
            pytest.raises(DatabaseError, match=REFUSED),
            transaction.atomic(),
            caller(),
            connection.cursor() as cursor,
        ):
            cursor.execute(_sql(way, table))
    assert kept() == before


@each_table
def test_it_refuses_what_the_orm_offers(kept: Callable[[], Rows], table: type[models.Model]) -> None:
    before = kept()
    rows = table._default_manager.all()
    one = rows[0]
    column = TABLES[table].partition(" =")[0]
    name = next(field.name for field in table._meta.fields if field.column == column)
    if name == "roles":
        one.roles = 0  # type: ignore[attr-defined]  # a link loses its roles
    attempts: list[Callable[[], object]] = [rows.delete, one.delete]
    if name == "roles":
        attempts += [lambda: rows.update(roles=0)]
    else:
        attempts += [lambda: rows.update(**{name: models.F(name)})]
    if name not in {"roles", "attachment"}:
        attempts += [one.save, lambda: table._default_manager.bulk_update([one], [name])]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
            attempt()
    assert kept() == before


def test_the_application_may_not_take_the_triggers_away(moodle: Xapi) -> None:
    moodle.store(statement())
    tables = [table._meta.db_table for table in TABLES]
    for sql in ("ALTER TABLE {} DISABLE TRIGGER ALL", "DROP TABLE {}", "DROP TRIGGER {}_append_only ON {}"):
        for table in tables:
            with (
                pytest.raises(DatabaseError, match="must be owner"),
                transaction.atomic(),
                as_the_application(),
                connection.cursor() as cursor,
            ):
                cursor.execute(sql.format(table, table))


def test_links_may_gain_roles(moodle: Xapi) -> None:
    moodle.store(statement())
    link = StatementEntity.objects.order_by("-seq")[0]
    with transaction.atomic():
        StatementEntity.objects.filter(pk=link.pk).update(roles=link.roles | 1 << 20)
        with pytest.raises(DatabaseError, match="only gains roles"), transaction.atomic():
            StatementEntity.objects.filter(pk=link.pk).update(roles=link.roles)
        with pytest.raises(DatabaseError, match="only gains roles"), transaction.atomic():
            StatementEntity.objects.filter(pk=link.pk).update(seq=1)
