"""The identity review: side by side, one decision after another, each taken back as easily."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from connectors.identity import candidates
from connectors.models import IdentityReview
from connectors.workforce.canonical import Identified
from tests.connectors.admin.people.academy import look, said, send, staffed, waiting, words
from tests.connectors.learning import actor, caught_up, learned, units
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub, Xapi

QUEUE = "identityreview/"
VALUE = "mailto:ann.lee@old.example.com"


def _open(moodle: Xapi, value: str = VALUE) -> IdentityReview:
    return IdentityReview.objects.get(actor=actor(moodle, value), state="open")


def test_it_shows_the_actor_beside_who_it_may_be_and_why(hub: Hub, ada: Client) -> None:
    moodle, workday = staffed(hub)
    waiting(moodle)
    page = look(ada, QUEUE, moodle)
    text = words(page)
    assert "ann.lee@old.example.com" in text
    assert "Moodle Berlin" in text
    assert "Ann Lee passed" in text
    assert "The address ann.lee@example.com begins the same" in text or "so is this person" in text
    assert "Hospital › Emergency" in text
    assert "00021001" in text
    assert "Employee, hired 2020-03-01" in text
    [first] = re.findall(r'name="person" value="(\d+)" data-key="1"', page)
    assert int(first) == person(workday).pk


def test_what_several_systems_tell_alike_is_shown_once(hub: Hub, ada: Client) -> None:
    moodle, workday = staffed(hub)
    sap = hris("SAP SuccessFactors", store=workday.store, match_people_by=["email"])
    told(sap, ann("S1", identifiers=(Identified(type="email", value="ann.lee@example.com", primary=True),)))
    assert person(sap, "S1") == person(workday)
    waiting(moodle)
    card = words(look(ada, QUEUE, moodle).split('class="ppl-facts"')[1].split("</section>")[0])
    assert card.count("Employee, hired 2020-03-01") == 1
    assert card.count("ann.lee@example.com") == 1


def test_accepting_goes_on_to_the_next_at_once_and_the_statements_follow(hub: Hub, iris: Client) -> None:
    moodle, workday = staffed(hub)
    waiting(moodle)
    waiting(moodle, "Bob Miller", "bm@old.example.com")
    look(iris, QUEUE, moodle)
    review = _open(moodle)
    answer = send(iris, f"{QUEUE}{review.pk}/decide/", person=person(workday).pk)
    assert answer.status_code == 302
    page = words(look(iris, QUEUE, moodle))
    assert "bm@old.example.com" in page
    assert f"{VALUE}: Ann Lee." in page or "Undo the last" in page
    caught_up()
    statement = moodle.query()[-1]["id"]
    assert units(moodle, statement) == ["ER"]


def test_not_a_person_and_taking_it_back(hub: Hub, iris: Client) -> None:
    moodle, _ = staffed(hub)
    waiting(moodle)
    review = _open(moodle)
    send(iris, f"{QUEUE}{review.pk}/decide/", nobody="1")
    assert "Nothing waits here" in words(look(iris, QUEUE, moodle))
    decided = words(look(iris, f"{QUEUE}decided/", moodle))
    assert "Not a person" in decided
    assert "Iris" in decided
    answer = send(iris, f"{QUEUE}{review.pk}/undo/")
    assert answer["Location"] == f"/admin/connectors/identityreview/{review.pk}/"
    assert "ann.lee@old.example.com" in words(look(iris, QUEUE, moodle))
    assert "nothing to take back" in said(
        iris.post(f"/admin/connectors/{QUEUE}{review.pk}/undo/", follow=True)
    )


def test_a_form_that_says_nothing_decides_nothing(hub: Hub, iris: Client) -> None:
    moodle, _ = staffed(hub)
    waiting(moodle)
    review = _open(moodle)
    answer = send(iris, f"{QUEUE}{review.pk}/decide/")
    assert answer["Location"] == f"/admin/connectors/identityreview/{review.pk}/"
    assert _open(moodle) == review


def test_skipping_shows_the_next_and_leaves_it_waiting(hub: Hub, iris: Client) -> None:
    moodle, _ = staffed(hub)
    waiting(moodle)
    waiting(moodle, "Zoë Quist", "zq@example.net")
    look(iris, QUEUE, moodle)
    candidates.rank(_open(moodle, "mailto:zq@example.net"))
    first = send(iris, f"{QUEUE}{_open(moodle).pk}/decide/", skip="1")
    page = words(iris.get(first["Location"]).content.decode())
    assert "zq@example.net" in page
    last = send(iris, f"{QUEUE}{_open(moodle, 'mailto:zq@example.net').pk}/decide/", skip="1")
    assert "2 skipped still wait" in words(iris.get(last["Location"]).content.decode())


def test_another_person_is_searched_and_accepted_for_a_period(hub: Hub, iris: Client) -> None:
    moodle, workday = staffed(hub)
    waiting(moodle)
    late = learned(moodle, {"mbox": VALUE}, "2026-03-10")
    caught_up()
    review = _open(moodle)
    page = look(iris, f"{QUEUE}{review.pk}/", q="mill")
    assert f'value="{person(workday, "7").pk}"' in page
    send(iris, f"{QUEUE}{review.pk}/decide/", person=person(workday, "7").pk, to="2026-02-28")
    caught_up()
    assert units(moodle, late) == ["Nobody held this identifier at the time"]


def test_all_above_a_score_are_shown_before_they_are_accepted(hub: Hub, iris: Client) -> None:
    moodle, workday = staffed(hub)
    learned(moodle, {"account": {"homePage": "https://x.example.com", "name": "E21001"}}, "2026-02-10")
    waiting(moodle, "Nobody Known", "x@example.net")
    for each in IdentityReview.objects.filter(actor__store=moodle.store_id).select_related("actor"):
        candidates.rank(each)
    page = words(look(iris, f"{QUEUE}above/", moodle, score="0.7"))
    assert "Accept all 1" in page
    assert "but for zeros or letters" in page
    assert IdentityReview.objects.filter(actor__store=moodle.store_id, state="open").count() == 2
    send(iris, f"{QUEUE}above/", score="0.7")
    assert actor(moodle, "E21001").links.get().person_id == person(workday).pk


def test_who_only_looks_decides_nothing(hub: Hub, vera: Client, gus: Client) -> None:
    moodle, workday = staffed(hub)
    waiting(moodle)
    page = look(vera, QUEUE, moodle)
    assert 'name="person"' not in page
    assert "Your role does not show statements" in words(page)
    assert "passed" not in words(page)
    review = _open(moodle)
    assert send(vera, f"{QUEUE}{review.pk}/decide/", person=person(workday).pk).status_code == 403
    assert send(vera, f"{QUEUE}{review.pk}/undo/").status_code == 403
    assert send(vera, f"{QUEUE}above/", score="0.6").status_code == 403
    assert send(vera, f"{QUEUE}file/").status_code == 403
    for path in (
        QUEUE,
        f"{QUEUE}decided/",
        "person/",
        "organizationunit/",
        "coverageday/",
        "identityrule/",
        "actor/",
    ):
        look(gus, path, status=403)


def test_what_strangers_wrote_is_shown_as_text(hub: Hub, ada: Client) -> None:
    moodle, _ = staffed(hub)
    waiting(moodle, "<script>alert(1)</script>", "evil@example.net")
    page = look(ada, QUEUE, moodle)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def _upload(client: Client, text: str, **values: Any) -> Any:
    file = SimpleUploadedFile("links.csv", text.encode(), content_type="text/csv")
    return client.post(f"/admin/connectors/{QUEUE}file/", {"file": file, **values})


def test_a_file_is_tried_then_applied_and_refused_lines_are_saved(hub: Hub, iris: Client) -> None:
    moodle, workday = staffed(hub)
    waiting(moodle)
    look(iris, f"{QUEUE}file/", moodle)
    text = "mbox,employee_number\nann.lee@old.example.com,00021001\n=evil@example.com,00021001\n"
    tried = _upload(iris, text)
    assert "1 would be linked, with 1 statements" in said(tried)
    assert not actor(moodle, VALUE).links.exists()
    [kept] = re.findall(r'name="tried" value="([^"]+)"', tried.content.decode())
    refused = send(iris, f"{QUEUE}file/", tried=kept, refusals="1")
    rows = list(csv.reader(io.StringIO(refused.content.decode("utf-8-sig"))))
    assert rows[1] == ["3", "'=evil@example.com", "00021001", "No statement has named this actor yet."]
    send(iris, f"{QUEUE}file/", tried=kept, apply="1")
    assert actor(moodle, VALUE).links.get().person_id == person(workday).pk


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "No file was chosen"),
        ({"tried": "made-up"}, "too old"),
    ],
)
def test_what_was_not_tried_is_not_applied(
    hub: Hub, iris: Client, values: dict[str, str], reason: str
) -> None:
    moodle, _ = staffed(hub)
    look(iris, f"{QUEUE}file/", moodle)
    answer = send(iris, f"{QUEUE}file/", apply="1", **values)
    assert answer.status_code == 400
    assert reason in said(answer)


def test_an_actor_is_split_between_two_people_and_given_back_to_the_rules(hub: Hub, iris: Client) -> None:
    moodle, workday = staffed(hub)
    waiting(moodle)
    late = learned(moodle, {"mbox": VALUE}, "2026-03-10")
    caught_up()
    who = actor(moodle, VALUE)
    assert "Bob Miller" in words(look(iris, f"actor/{who.pk}/", q="bob"))
    send(iris, f"actor/{who.pk}/link/", person=person(workday).pk, to="2026-02-28")
    send(iris, f"actor/{who.pk}/link/", **{"person": person(workday, "7").pk, "from": "2026-03-01"})
    caught_up()
    page = words(look(iris, f"actor/{who.pk}/"))
    assert "Ann Lee until 2026-03-01" in page
    assert "Bob Miller since 2026-03-01" in page
    assert units(moodle, late) == ["ER"]
    send(iris, f"actor/{who.pk}/unlink/")
    caught_up()
    assert units(moodle, late) == ["Nobody is known by this actor"]
    assert "ann.lee@old.example.com" in words(look(iris, "actor/", moodle, q="ann.lee@old.example.com"))
