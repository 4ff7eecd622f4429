"""The dashboard: what comes in, what is refused, who is silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from lrs.admin import chart, dashboard
from lrs.admin.dashboard import PERIODS, refusal_rate
from lrs.models import Source, SourceHour
from tests.fixtures import Hub, Xapi, fed
from tests.lrs.admin.samples import look, statement, words


@pytest.mark.parametrize("period", PERIODS)
def test_it_shows_what_each_source_did(
    vera: Client, moodle: Xapi, period: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Sources of other tests stay, and many sent more.
    monkeypatch.setattr(dashboard, "SOURCES_MOST", Source.objects.count())
    moodle.store(statement(), statement())
    moodle.post({"actor": 5}).expect(400)
    fed("lrs.statistics")
    source = Source.objects.get(store_id=moodle.store_id)

    seen = {each.source: each for each in vera.get("/admin/", {"period": period}).context["sources"]}

    assert (seen[source].statements, seen[source].refused, seen[source].silent) == (2, 1, False)


def fallen_silent(caller: Xapi) -> Source:
    """Return the caller's source, last seen two days ago."""
    source = Source.objects.get(store_id=caller.store_id)
    long_ago = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    SourceHour.objects.create(source=source, hour=long_ago, statements=1, last_seen=long_ago)
    return source


def test_it_draws_a_column_for_each_hour(vera: Client, moodle: Xapi) -> None:
    moodle.store(statement())
    fed("lrs.statistics")

    page = look(vera, "/admin/", period="24h")

    assert page.count('class="lrs-column"') == 24
    assert "Statements per hour by source" in page


def test_a_source_without_a_sign_of_life_is_silent(vera: Client, moodle: Xapi) -> None:
    source = fallen_silent(moodle)

    seen = {each.source: each for each in vera.get("/admin/").context["sources"]}

    assert seen[source].silent


def test_a_silent_source_is_listed_however_much_others_send(
    vera: Client, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "SOURCES_MOST", 1)
    hub.caller("Moodle Berlin").store(statement())
    fed("lrs.statistics")
    source = fallen_silent(hub.caller("Ilias Bonn", store="School"))

    listed = vera.get("/admin/", {"period": "24h"}).context["sources"]

    assert not listed[0].silent
    assert source in {each.source for each in listed[1:]}


def test_it_says_how_many_silent_sources_it_leaves_out(
    vera: Client, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "SOURCES_MOST", 0)
    monkeypatch.setattr(dashboard, "SILENT_MOST", 1)
    fallen_silent(hub.caller("Moodle Berlin"))
    before = vera.get("/admin/").context["more_silent"]
    fallen_silent(hub.caller("Ilias Bonn", store="School"))

    page = vera.get("/admin/")

    assert page.context["more_silent"] == before + 1
    assert f"{before + 1} of them silent" in words(page.content.decode())


def test_it_shows_lag_storage_and_what_waits(vera: Client, moodle: Xapi) -> None:
    moodle.store(statement())
    moodle.post({"actor": 5}).expect(400)

    said = words(look(vera, "/admin/"))

    for expected in (
        "lrs.statistics",
        "waiting in the inbox",
        "Whole database",
        "Attachment contents",
        "estimate",
    ):
        assert expected in said


def test_it_never_counts_the_statement_table(vera: Client, moodle: Xapi) -> None:
    moodle.store(statement())

    with CaptureQueriesContext(connection) as queries:
        look(vera, "/admin/")

    said = [query["sql"].lower() for query in queries]
    assert [sql for sql in said if "lrs_sourcehour" in sql or "lrs_source_hour" in sql]
    assert not [
        sql for sql in said if "count(" in sql and ('"lrs_statement"' in sql or " lrs_statement " in sql)
    ]


def test_who_has_no_role_sees_no_numbers(gus: Client) -> None:
    page = look(gus, "/admin/")

    assert "Your role does not show" in page
    assert "lrs-tile" not in page


def test_a_strangers_address_leads_to_signing_in(database: None) -> None:
    response = Client().get("/admin/")

    assert response.status_code == 302
    assert response["Location"] == "/admin/login/?next=/admin/"


@pytest.mark.parametrize(
    ("statements", "refused", "rate"),
    [(0, 0, "0 %"), (9, 1, "10.0 %"), (0, 3, "100.0 %"), (100_000, 1, "under 0.1 %")],
)
def test_the_refusal_rate_is_a_percentage(statements: int, refused: int, rate: str) -> None:
    assert refusal_rate(statements, refused) == rate


@given(st.lists(st.lists(st.integers(0, 10**9), min_size=5, max_size=5), max_size=12))
def test_small_series_are_added_up_and_nothing_is_lost(values: list[list[int]]) -> None:
    series = [chart.Series(f"source <{place}>", each) for place, each in enumerate(values)]

    shown = chart.largest(series)
    drawn = chart.columns("abcde", shown, ticks=["", "a", "", "", ""], title="t")

    assert len(shown) <= chart.SERIES_MOST
    assert sum(each.total for each in shown) == sum(each.total for each in series)
    assert "source <" not in drawn
    assert "NaN" not in drawn
