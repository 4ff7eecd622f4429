"""Searching contexts in the order an index gives: no plan sorts or reads a whole table for a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg import sql

from connectors.enrichment import log, search
from connectors.enrichment.search import ContextQuery, Found, statement
from tests.connectors.learning import academy, caught_up, learned
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub

AFTER = Found(datetime(2026, 2, 3, tzinfo=UTC), 1)


def _learned(hub: Hub) -> tuple[int, int]:
    """Return a store with a few statements, and a person of it."""
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann())
    for day in range(1, 6):
        learned(moodle, {"mbox": "mailto:ann.21001@example.com"}, f"2026-02-0{day}")
    caught_up()
    return store.pk, person(workday).pk


def _plan(query: str) -> str:
    """Return how a query is answered where reading everything and sorting it cost too much, as they do when
    there is a lot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_hashagg = off")
        cursor.execute(f"EXPLAIN {query}")
        return "\n".join(row[0] for row in cursor.fetchall())


def _text(query: sql.SQL | sql.Composed) -> str:
    connection.ensure_connection()
    return query.as_string(connection.connection)


@pytest.mark.parametrize("order", [{"ascending": True}, {"ascending": False, "after": AFTER}])
def test_many_statements_are_walked_in_the_order_of_an_index(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, order: Any
) -> None:
    store_id, _ = _learned(hub)
    monkeypatch.setattr(search, "_FEW", 0)
    for asked in ({}, {"worker_type": "employee"}, {"source_id": 1}):
        plan = _plan(_text(statement(ContextQuery(store_id=store_id, **asked, **order))))
        assert "connectors_context_by_moment" in plan
        assert "Sort" not in plan
        assert "Seq Scan" not in plan


def test_the_statements_of_few_contexts_are_looked_up_by_index(hub: Hub) -> None:
    store_id, person_id = _learned(hub)
    for asked in ({"person_id": person_id}, {"worker_type": "employee"}):
        plan = _plan(_text(statement(ContextQuery(store_id=store_id, **asked))))
        assert "connectors_context_in_time" in plan
        assert "Seq Scan on connectors_statement_context" not in plan


def test_the_log_is_read_in_the_order_of_an_index(hub: Hub) -> None:
    store_id, _ = _learned(hub)
    plan = _plan(log._NEXT.replace("%s", "{}").format(store_id, 5, 6, 10))
    assert "connectors_context_log" in plan
    assert "Sort" not in plan


def test_a_page_goes_on_behind_the_last_of_equal_moments(hub: Hub) -> None:
    moodle, store = academy(hub)
    told(hris(store=store), ann())
    for _ in range(5):
        learned(moodle, {"mbox": "mailto:ann.21001@example.com"}, "2026-02-01")
    caught_up()
    for ascending in (True, False):
        found: list[Found] = []
        more = True
        while more:
            after = found[-1] if found else None
            query = ContextQuery(store_id=store.pk, limit=2, after=after, ascending=ascending)
            page, more = search.search(query)
            found += page
        assert len(found) == len(set(found)) == 5
        assert found == sorted(found, reverse=not ascending)
