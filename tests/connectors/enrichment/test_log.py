"""The log of derivations: positions, and transaction ids that start anew after a restore."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection

from connectors.enrichment import log
from connectors.enrichment.log import Position
from connectors.models import StatementContext, WorkforceChange
from lrs import feed
from tests.connectors.learning import academy, learned
from tests.connectors.people import ann, hris, told
from tests.fixtures import Hub

AHEAD = 300


@pytest.mark.parametrize("written", ["0.0", "7412.639218374651904"])
def test_a_position_is_read_as_it_was_written(written: str) -> None:
    assert str(log.position(written)) == written


@pytest.mark.parametrize("written", ["", "7", "7.", "-1.2", "7.x", "7.9999999999999999999", "٧.1"])
def test_what_is_no_position_is_told(written: str) -> None:
    with pytest.raises(ValueError, match="is a position"):
        log.position(written)


def test_positions_are_in_the_order_of_transactions_and_then_of_statements() -> None:
    assert sorted([Position(2, 1), Position(1, 9), Position(1, 2)])[1] == Position(1, 9)


def _ahead() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        [found] = cursor.fetchone()
    return int(found) + AHEAD


def _derivation(hub: Hub) -> None:
    moodle, store = academy(hub)
    posted = learned(moodle, {"mbox": "mailto:ann.21001@example.com"}, "2026-02-10")
    row = apps.get_model("lrs", "Statement").objects.get(store_id=store.pk, statement_id=posted)
    StatementContext.objects.create(
        seq=row.pk,
        actor_id=0,
        recorded_from=row.stored,
        store_id=store.pk,
        source_id=row.source_id,
        moment=row.timestamp,
        why_not=6,
        xid=_ahead(),
    )


def _change(hub: Hub) -> None:
    system = hris()
    told(system, ann())
    known = WorkforceChange.objects.filter(store=system.store_id).first()
    assert known is not None
    known.pk, known.xid = None, _ahead()
    known.save()


@pytest.mark.parametrize("restored", [_derivation, _change])
def test_after_a_restore_new_entries_come_after_the_old_ones(
    hub: Hub, restored: Callable[[Hub], None]
) -> None:
    feed.align()
    restored(hub)
    assert feed.transactions_behind() > 0
    feed.align()
    assert feed.transactions_behind() == 0
