"""The course catalogue: one course under several IRIs, versions, equivalences, and the way in and out."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from compliance.catalogue import courses, equivalence, exchange
from compliance.catalogue.document import CatalogueUnsound, read, written
from compliance.catalogue.unassigned import put_aside, unassigned
from compliance.completions import read as completed
from compliance.errors import ComplianceError
from compliance.models import Course, CourseEquivalence, SeenActivity
from tests.compliance.courses import FORKLIFT, caught_up, course, days, did, hired, known, version
from tests.connectors.people import new_store
from tests.fixtures import Hub

CATALOGUE = {
    "format": 1,
    "courses": [
        {
            "code": "FORK-1",
            "title": "Forklift safety",
            "description": "29 CFR 1910.178(l)",
            "kind": "practical",
            "credit_hours": "4.00",
            "retired_on": None,
            "same_within_hours": 48,
            "versions": [
                {
                    "label": "2026",
                    "effective_on": "2026-01-01",
                    "retraining": True,
                    "change_note": "New trucks",
                    "credit_hours": None,
                }
            ],
            "activities": [
                {"iri": "https://lms-a.example/fork", "version": "2026"},
                {"iri": "https://lms-b.example/lo/77", "version": None},
            ],
        },
        {
            "code": "FORK-OLD",
            "title": "Forklift, before",
            "description": "",
            "kind": "online",
            "credit_hours": None,
            "retired_on": "2025-12-31",
            "same_within_hours": None,
            "versions": [],
            "activities": [],
        },
    ],
    "equivalences": [
        {
            "course": "FORK-OLD",
            "counts_as": "FORK-1",
            "mutual": False,
            "valid_from": None,
            "valid_to": "2026-06-30",
            "reason": "Same contents",
            "approved_as": "Compliance",
        }
    ],
}


def test_a_catalogue_brought_is_the_catalogue_given_back(database: None) -> None:
    store = new_store().pk
    report = exchange.bring(store, CATALOGUE, by="Compliance")
    assert report.as_json() == {"created": 3, "changed": 0, "unchanged": 0, "refused": []}
    assert exchange.export(store) == CATALOGUE
    assert exchange.bring(store, CATALOGUE, by="Compliance").unchanged == 3


def test_csv_says_the_same_of_courses_as_json(database: None) -> None:
    store, other = new_store().pk, new_store().pk
    exchange.bring(store, CATALOGUE, by="Compliance")
    text = b"".join(written(exchange.export(store)))
    exchange.bring(other, read(text, is_csv=True), by="Compliance")
    assert exchange.export(other)["courses"] == CATALOGUE["courses"]


def test_no_spreadsheet_finds_a_formula_in_a_catalogue(database: None) -> None:
    store = new_store().pk
    course(store, "=1+1")
    [line] = csv.DictReader(io.StringIO(b"".join(written(exchange.export(store))).decode()))
    assert not line["code"].startswith("=")


def test_trying_a_catalogue_changes_nothing(database: None) -> None:
    store = new_store().pk
    assert exchange.bring(store, CATALOGUE, by="Compliance", dry=True).created == 3
    assert not Course.objects.filter(store=store).exists()


def test_a_course_that_cannot_be_taken_is_refused_whole_and_the_others_come(database: None) -> None:
    store = new_store().pk
    course(store, "CRANE-1", "https://lms-b.example/lo/77")
    report = exchange.bring(store, CATALOGUE, by="Compliance")
    assert report.refused[0] == ("FORK-1", "This activity is of the course CRANE-1 already.")
    assert list(Course.objects.filter(store=store).values_list("code", flat=True)) == ["CRANE-1", "FORK-OLD"]
    assert exchange.bring(store, CATALOGUE, by="Compliance", move=True).created == 2


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"code,titel\nA,B", "line 1"),
        (b"code,title\nA,B\nA,C", "line 3"),
        (b"code,title\nA", "line 2"),
        (b"code,kind\nA,film", "/courses/0/kind"),
        (b"\xff", "file"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(content: bytes, place: str) -> None:
    with pytest.raises(CatalogueUnsound) as refused:
        read(content, is_csv=True)
    assert refused.value.faults[0][0] == place


def test_activities_no_course_has_are_offered_by_use_and_assigned(hub: Hub) -> None:
    moodle, _ = hired(hub)
    for day in ("2026-02-10", "2026-03-10"):
        did(moodle, "passed", day)
    did(moodle, "passed", what="http://example.com/activities/crane")
    did(moodle, "experienced", what="http://example.com/activities/film")
    caught_up()
    assert [(each.iri, each.outcomes) for each in unassigned(moodle.store_id)] == [
        (FORKLIFT, 2),
        ("http://example.com/activities/crane", 1),
    ]
    courses.assign(course(moodle.store_id), FORKLIFT)
    [crane] = unassigned(moodle.store_id)
    assert crane.iri.endswith("crane")
    put_aside(SeenActivity.objects.get(pk=crane.id))
    assert unassigned(moodle.store_id) == []
    assert len(unassigned(moodle.store_id, set_aside=True)) == 1


def test_two_courses_that_are_one_are_merged_with_what_was_completed(hub: Hub) -> None:
    moodle, _ = hired(hub)
    old = course(moodle.store_id, "OLD", FORKLIFT)
    first = version(old, "1", "2020-01-01")
    old.activities.update(version=first)
    kept = course(moodle.store_id, "KEPT")
    did(moodle, "passed")
    caught_up()
    courses.merge(old, kept)
    caught_up()
    assert (days(old), days(kept)) == ([], ["2026-02-10"])
    assert [each.version.label for each in known(kept) if each.version] == ["1"]
    old.refresh_from_db()
    assert (old.merged_into_id, old.retired_on is not None) == (kept.pk, True)
    with pytest.raises(ComplianceError, match="merged into another"):
        courses.assign(old, "https://lms.example/again")


def _counted(of: Course, *, known_at: datetime | None = None, equivalents: bool = True) -> list[str]:
    now = timezone.now()
    found = completed.completions(
        [of.pk], at=now.replace(year=2100), known=known_at or now, equivalents=equivalents
    )
    return [f"{each.completed_at:%Y-%m-%d}" for each in found]


def test_a_course_counts_as_another_one_way_for_a_period_as_known_then(hub: Hub) -> None:
    moodle, _ = hired(hub)
    old = course(moodle.store_id, "OLD", FORKLIFT)
    new = course(moodle.store_id, "NEW", "https://lms.example/new")
    did(moodle, "passed", "2026-02-10")
    did(moodle, "passed", "2026-07-10")
    did(moodle, "passed", "2026-03-01", what="https://lms.example/new")
    caught_up()
    before = timezone.now()
    stands = equivalence.approve(
        old, new, reason="Same contents", approved_as="Compliance", valid_to=date(2026, 6, 30)
    )
    assert _counted(new) == ["2026-02-10", "2026-03-01"]
    assert _counted(new, equivalents=False) == ["2026-03-01"]
    assert _counted(old) == ["2026-02-10", "2026-07-10"]
    assert _counted(new, known_at=before) == ["2026-03-01"]
    during = timezone.now()
    equivalence.end(stands)
    assert _counted(new) == ["2026-03-01"]
    assert _counted(new, known_at=during) == ["2026-02-10", "2026-03-01"]
    equivalence.approve(old, new, reason="Same contents", approved_as="Compliance", mutual=True)
    assert _counted(old) == ["2026-02-10", "2026-03-01", "2026-07-10"]


def test_completions_are_read_as_of_a_moment_as_known_at_another(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    caught_up()
    before = timezone.now()
    did(moodle, "passed", "2026-02-10")
    caught_up()
    now = timezone.now()
    at = datetime(2026, 2, 9, tzinfo=UTC)
    assert list(completed.completions([forklift.pk], at=at, known=now)) == []
    assert list(completed.completions([forklift.pk], at=now.replace(year=2100), known=before)) == []
    [one] = completed.completions([forklift.pk], at=now.replace(year=2100), known=now)
    assert [each.completion_id for each in completed.evidence([one.id])] == [one.id]


def test_an_equivalence_is_said_once_and_never_changed(database: None) -> None:
    store = new_store().pk
    old, new = course(store, "OLD"), course(store, "NEW")
    stands = equivalence.approve(old, new, reason="Same", approved_as="Compliance")
    with pytest.raises(ComplianceError, match="already"):
        equivalence.approve(old, new, reason="Same", approved_as="Compliance")
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        CourseEquivalence.objects.filter(pk=stands.pk).update(mutual=True)
    with pytest.raises(ComplianceError, match="itself"):
        equivalence.approve(old, old, reason="Same", approved_as="Compliance")
    elsewhere = course(new_store().pk, "NEW")
    with pytest.raises(ComplianceError, match="stores"):
        equivalence.approve(old, elsewhere, reason="Same", approved_as="Compliance")
