"""The statement browser: every filter of the xAPI, in words people type."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lrs.admin import search
from lrs.models import Source, SourceHour
from tests.fixtures import Hub, Xapi, fed
from tests.lrs.admin.samples import links, look, sentences, statement, words

BROWSER = "/admin/lrs/statement/"


def found(client: Client, moodle: Xapi, **asked: Any) -> list[str]:
    """Return the sentences a search finds in Moodle's store."""
    return sentences(look(client, BROWSER, store=moodle.store_id, **asked))


def test_the_newest_statement_comes_first(vera: Client, moodle: Xapi) -> None:
    moodle.store(statement("Ann"))
    moodle.store(statement("Bob"))

    assert found(vera, moodle) == ["Bob completed Forklift safety", "Ann completed Forklift safety"]
    assert found(vera, moodle, ascending="on")[0].startswith("Ann")


@pytest.mark.parametrize(
    "typed",
    ["ann@example.com", "mailto:ann@example.com", "Ann", '{"mbox":"mailto:ann@example.com"}'],
)
def test_an_agent_is_found_by_whatever_is_typed(vera: Client, moodle: Xapi, typed: str) -> None:
    moodle.store(statement("Ann"), statement("Bob"))

    assert found(vera, moodle, agent=typed) == ["Ann completed Forklift safety"]


@pytest.mark.parametrize(
    ("actor", "typed"),
    [
        ({"account": {"homePage": "https://hr.example.com", "name": "4711"}}, "https://hr.example.com|4711"),
        ({"account": {"homePage": "https://hr.example.com", "name": "4711"}}, "4711"),
        ({"openid": "https://ann.example.com/"}, "https://ann.example.com/"),
        (
            {"mbox_sha1sum": "0123456789abcdef0123456789abcdef01234567"},
            "0123456789ABCDEF0123456789abcdef01234567",
        ),
    ],
)
def test_every_kind_of_identifier_finds_its_agent(vera: Client, moodle: Xapi, actor: Any, typed: str) -> None:
    moodle.store(statement() | {"actor": actor}, statement("Bob"))

    assert len(found(vera, moodle, agent=typed)) == 1


def test_two_of_one_name_are_offered_to_choose_from(vera: Client, moodle: Xapi) -> None:
    other = statement("Ann") | {"actor": {"name": "Ann", "mbox": "mailto:ann.two@example.com"}}
    moodle.store(statement("Ann"), other)

    page = look(vera, BROWSER, store=moodle.store_id, agent="Ann")

    assert "Which one?" in page
    assert sentences(page) == []
    assert "ann.two@example.com" in words(page)


def test_a_verb_is_found_by_its_word_or_iri(vera: Client, moodle: Xapi) -> None:
    moodle.store(statement(verb="passed"), statement(verb="failed"))

    assert found(vera, moodle, verb="passed") == ["Ann passed Forklift safety"]
    assert found(vera, moodle, verb="http://adlnet.gov/expapi/verbs/failed") == ["Ann failed Forklift safety"]


def test_an_activity_is_found_by_its_name_or_iri(vera: Client, moodle: Xapi) -> None:
    moodle.store(statement(course="Forklift safety"), statement(course="Clean room"))

    assert found(vera, moodle, activity="forklift") == ["Ann completed Forklift safety"]
    iri = "https://lms.example.com/courses/clean-room"
    assert found(vera, moodle, activity=iri) == ["Ann completed Clean room"]


def test_related_finds_it_wherever_it_stands(vera: Client, moodle: Xapi) -> None:
    teacher = {"name": "Tom", "mbox": "mailto:tom@example.com"}
    program = {"id": "https://lms.example.com/programs/1"}
    moodle.store(
        statement("Ann", context={"instructor": teacher, "contextActivities": {"parent": [program]}}),
        statement("Bob"),
    )

    assert found(vera, moodle, agent="tom@example.com") == []
    assert len(found(vera, moodle, agent="tom@example.com", related="on")) == 1
    assert len(found(vera, moodle, activity=program["id"], related="on")) == 1


def test_registration_since_and_until_narrow_the_search(vera: Client, moodle: Xapi) -> None:
    registration = str(uuid4())
    moodle.store(statement("Ann", context={"registration": registration}), statement("Bob"))

    assert len(found(vera, moodle, registration=registration)) == 1
    assert found(vera, moodle, until="2020-01-01T00:00") == []
    assert len(found(vera, moodle, since="2020-01-01T00:00:00Z")) == 2


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("agent", "nobody of this name"),
        ("agent", '{"mbox":5}'),
        ("agent", '{"account":{}}'),
        ("verb", "juggled"),
        ("activity", "no such course"),
        ("registration", "four"),
        ("since", "yesterday"),
        ("until", "2026-13-45T00:00"),
    ],
)
def test_what_is_not_understood_is_said_at_its_field(
    vera: Client, moodle: Xapi, field: str, typed: str
) -> None:
    moodle.store(statement())

    response = vera.get(BROWSER, {"store": str(moodle.store_id), field: typed})

    assert response.status_code == 400
    assert response.context["search"].faults.keys() == {field}
    assert "lrs-fault" in response.content.decode()


def test_a_source_is_found_in_the_hours_it_was_active(vera: Client, hub: Hub, moodle: Xapi) -> None:
    osaka = hub.caller("Moodle Osaka")
    moodle.store(*[statement(f"Ann {number}") for number in range(3)])
    osaka.store(statement("Bob"))

    source = Source.objects.get(store_id=osaka.store_id, name="Moodle Osaka")
    before_counting = found(vera, osaka, source=source.pk)
    fed("lrs.statistics")
    after_counting = found(vera, osaka, source=source.pk)

    assert before_counting == after_counting == ["Bob completed Forklift safety"]
    assert SourceHour.objects.filter(source=source, statements=1).exists()


def test_the_source_of_another_store_is_none_of_this_one(vera: Client, hub: Hub, moodle: Xapi) -> None:
    elsewhere = hub.caller("Cornerstone", store="Elsewhere")
    elsewhere.store(statement("Bob"))
    moodle.store(statement("Ann"))

    assert found(vera, moodle) == ["Ann completed Forklift safety"]
    assert found(vera, elsewhere) == ["Bob completed Forklift safety"]


def test_voided_statements_are_shown_only_when_asked_for(vera: Client, moodle: Xapi) -> None:
    [ann] = moodle.store(statement("Ann"))
    void = statement("Tom", "voided") | {"object": {"objectType": "StatementRef", "id": ann}}
    moodle.store(void)

    assert len(found(vera, moodle)) == 1
    page = look(vera, BROWSER, store=moodle.store_id, voided="on")
    assert len(sentences(page)) == 2
    assert page.count("lrs-statement lrs-voided") == 1


def test_paging_neither_skips_nor_doubles_while_others_write(vera: Client, moodle: Xapi) -> None:
    count = search.PAGE * 2 + 7
    moodle.store(*[statement(f"Ann {number:03}") for number in range(count)])
    page = look(vera, BROWSER, store=moodle.store_id)
    seen = sentences(page)
    while onward := links(page, "next"):
        moodle.store(statement("Latecomer"))
        page = look(vera, BROWSER + onward[0])
        seen += sentences(page)

    assert seen == [f"Ann {number:03} completed Forklift safety" for number in reversed(range(count))]


def test_the_way_back_shows_the_page_before(vera: Client, moodle: Xapi) -> None:
    moodle.store(*[statement(f"Ann {number:03}") for number in range(search.PAGE + 3)])
    first = look(vera, BROWSER, store=moodle.store_id)
    second = look(vera, BROWSER + links(first, "next")[0])
    back = look(vera, BROWSER + links(second, "prev")[0])

    assert sentences(back) == sentences(first)
    assert links(back, "prev") == []


def test_no_page_counts_or_skips_rows_of_the_statement_table(vera: Client, moodle: Xapi) -> None:
    moodle.store(*[statement(f"Ann {number}") for number in range(search.PAGE + 1)])
    source = Source.objects.get(store_id=moodle.store_id)
    for asked in (
        {},
        {"agent": "ann1@example.com"},
        {"source": source.pk},
        {"verb": "completed", "voided": "on"},
    ):
        with CaptureQueriesContext(connection) as queries:
            look(vera, BROWSER, store=moodle.store_id, **asked)
        said = [query["sql"].upper() for query in queries if "LRS_STATEMENT" in query["sql"].upper()]
        assert not [sql for sql in said if "COUNT(" in sql and "WAITING" not in sql]
        assert not [sql for sql in said if "OFFSET" in sql]


def test_a_hub_without_a_store_points_to_connecting_one(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrs.admin.statements.chosen_store", lambda request: None)

    assert "Connect an LMS" in look(ada, BROWSER)


def test_names_of_strangers_never_become_markup(vera: Client, moodle: Xapi) -> None:
    evil = "<script>alert(1)</script>"
    moodle.store(statement(evil, course=f'"><img src=x onerror=alert(1)>{evil}'))

    page = look(vera, BROWSER, store=moodle.store_id)

    assert "<script>alert" not in page
    assert "<img" not in page.split('class="lrs"')[1]
    assert "&lt;script&gt;alert(1)" in page
