"""Reports say what was so, to whoever may see it, as CSV, JSON and PDF."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.utils import timezone

from compliance.access import grants
from compliance.access.grants import AUDITOR
from compliance.errors import ComplianceError
from compliance.models import Completion, Disclosure, ReportRun, RunState, SavedReport
from compliance.reports import kinds, runs, schedules
from compliance.reports.facts import facts
from compliance.reports.table import Report, Table
from compliance.reports.written import FORMATS
from tests.compliance.reports.academy import Academy
from tests.compliance.requirements.people import withdrawn
from tests.compliance.signing.people import warden
from tests.connectors.api.client import Api


def auditor(academy: Academy, unit: str = "", *, ends: datetime | None = None) -> User:
    """Return Inés, an auditor of the whole store or of a unit, for a week."""
    user = User.objects.create_user(
        f"ines-{uuid4().hex[:8]}", first_name="Inés", last_name="Gómez", email="ines@example.com"
    )
    grants.give(
        user, Group.objects.get(name=AUDITOR), store_id=academy.store_id, by=warden(), reason="inspection",
        unit=academy.unit(unit) if unit else None, ends=ends or timezone.now() + timedelta(days=7),
    )  # fmt: skip
    return user


def pulled(academy: Academy, user: User, report: str, output: str = "json", **given: Any) -> ReportRun:
    who = runs.Who(user=user, store_id=academy.store_id)
    return runs.start(who, report, output, {name: str(value) for name, value in given.items()})


def content(run: ReportRun) -> bytes:
    assert run.state == RunState.DONE, run.error
    with runs.open_file(run) as file:
        return file.read()


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


def test_the_history_of_a_person_tells_course_evidence_and_facts(academy: Academy) -> None:
    rows = list(csv.reader(StringIO(content(pulled(academy, auditor(academy), "person", "csv",
                                                   person=academy.ann.pk)).decode())))  # fmt: skip
    assert ["Training history of a person"] in rows
    [line] = [row for row in rows if row[:1] == [str(academy.ann.pk)] and "FORK-1" in row]
    assert "Ann Lee" in line
    assert academy.statements["Ann"] in line
    assert line[-1] == "no"
    told = {row[0]: row[1] for row in rows if len(row) == 2}
    assert "Inés Gómez" in told["Made for"]
    assert told["Made at"].endswith("+00:00 (UTC)")


def test_facts_call_what_was_asked_for_by_its_name(academy: Academy) -> None:
    unit, requirement = academy.unit("ICU"), academy.requirement
    asked = academy.asked(
        unit_id=unit.pk, person_id=academy.ann.pk, course_id=academy.course.pk, requirement_id=requirement.pk
    )
    said = facts(asked, by="Inés Gómez")["Filters"]
    assert f"unit: {unit.pk} (Intensive care)" in said
    assert f"person: {academy.ann.pk} (Ann Lee)" in said
    assert f"course: {academy.course.pk} (FORK-1)" in said
    assert f"requirement: {requirement.pk} ({requirement.code})" in said


def test_what_was_changed_since_its_entry_is_marked(academy: Academy) -> None:
    before = timezone.now()
    withdrawn(Completion.objects.get(person=academy.ann))
    found = pulled(
        academy, auditor(academy), "person", "csv", person=academy.ann.pk, known=before.isoformat()
    )
    [line] = [row for row in csv.reader(StringIO(content(found).decode())) if "FORK-1" in row]
    assert line[-1] == "yes"


@pytest.mark.parametrize("report", sorted(kinds.KINDS))
@pytest.mark.parametrize("output", ["json", "csv", "pdf"])
def test_every_report_is_written_in_every_format(academy: Academy, report: str, output: str) -> None:
    given = {
        "person": {"person": academy.ann.pk},
        "department": {"unit": academy.unit("H").pk},
        "part11": {"unit": academy.unit("H").pk},
        "course": {"course": academy.course.pk},
        "requirement": {"requirement": academy.requirement.pk},
        "audit-trail": {"table": "compliance_course", "key": academy.course.pk},
        "access": {"since": timezone.now().date()},
    }.get(report, {})
    found = content(pulled(academy, auditor(academy), report, output, **given))
    title = kinds.KINDS[report].title
    said = text_of(found)[0] if output == "pdf" else found.decode()
    assert title in said


def test_a_pdf_has_numbered_pages_and_takes_no_value_for_a_command(academy: Academy) -> None:
    evil = '#panic("no") $x$ *bold* <script> \\ "quoted"'
    table = Table("Lines", ("What", "How long"), [(evil, "abcdef" * 40)] * 200)
    report = Report("x", evil, {"Made for": "Inés", "Made at": "now", "Checkpoint": "none"}, [table])
    pages = text_of(b"".join(FORMATS["pdf"][0](report)))
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
    assert '#panic("no")' in pages[0]
    assert "*bold*" in pages[0]


def test_no_spreadsheet_finds_a_formula() -> None:
    report = Report("x", "X", {"Made for": "=1+1"}, [Table("T", ("A",), [("=cmd()",), ("@x",), (-5,)])])
    rows = list(csv.reader(StringIO(b"".join(FORMATS["csv"][0](report)).decode())))
    assert ["Made for", "'=1+1"] in rows
    assert rows[-3:] == [["'=cmd()"], ["'@x"], ["-5"]]


def test_an_auditor_of_one_unit_sees_nobody_of_another(academy: Academy) -> None:
    ines = auditor(academy, "ICU")
    with pytest.raises(ComplianceError, match="outside"):
        pulled(academy, ines, "person", person=academy.bea.pk)
    said = content(pulled(academy, ines, "department", "csv", unit=academy.unit("H").pk)).decode()
    assert academy.statements["Ann"] in said
    assert academy.statements["Bea"] not in said
    for report in ("signatures", "access", "requirement-changes"):
        with pytest.raises(ComplianceError, match="whole store"):
            pulled(academy, ines, report)
    with pytest.raises(ComplianceError, match="whole store"):
        pulled(academy, ines, "audit-trail", table="compliance_course", key=academy.course.pk)


def test_access_that_has_ended_bites_while_a_report_waits(academy: Academy) -> None:
    ines = auditor(academy)
    run = ReportRun.objects.create(
        store_id=academy.store_id, user=ines, report="person", output="csv",
        filters={"person": str(academy.ann.pk)},
    )  # fmt: skip
    for grant in grants.standing_grants(ines):
        grants.revoke(grant, by=warden(), why="inspection is over")
    runs.execute(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.file == ""


def test_every_report_leaves_an_entry_with_whom_it_showed(academy: Academy) -> None:
    ines = auditor(academy)
    pulled(academy, ines, "person", "json", person=academy.ann.pk)
    entry = Disclosure.objects.filter(user=ines).latest("pk")
    assert entry.kind == "report:person:json"
    assert entry.people == [academy.ann.pk]


def test_a_scheduled_report_is_made_once_and_told(academy: Academy) -> None:
    ines = auditor(academy)
    now = timezone.now()
    saved = SavedReport.objects.create(
        store_id=academy.store_id, user=ines, name="Weekly", report="department", output="pdf",
        filters={"unit": str(academy.unit("H").pk)}, rhythm="weekly", next_run=now - timedelta(minutes=1),
    )  # fmt: skip
    assert [schedules.ask_due(now), schedules.ask_due(now)] == [1, 0]
    saved.refresh_from_db()
    assert saved.next_run is not None
    assert saved.next_run > now
    assert saved.next_run.weekday() == 0
    run = saved.runs.get()
    runs.execute(run.pk)
    runs.execute(run.pk)
    run.refresh_from_db()
    assert content(run).startswith(b"%PDF")
    told = [each for each in mail.outbox if each.subject.startswith("Weekly")]
    assert [each.to for each in told] == [["ines@example.com"]]


def test_moments_of_schedules() -> None:
    at = datetime(2026, 1, 31, 7, tzinfo=UTC)
    assert schedules.following("daily", at) == datetime(2026, 2, 1, 6, tzinfo=UTC)
    assert schedules.following("weekly", at) == datetime(2026, 2, 2, 6, tzinfo=UTC)
    assert schedules.following("monthly", at) == datetime(2026, 2, 1, 6, tzinfo=UTC)
    assert schedules.following("", at) is None


def test_files_are_removed_when_they_are_old(academy: Academy) -> None:
    run = pulled(academy, auditor(academy), "person", "csv", person=academy.ann.pk)
    assert runs.remove_old(timezone.now() + timedelta(days=6)) == 0
    assert runs.remove_old(timezone.now() + timedelta(days=8)) >= 1
    run.refresh_from_db()
    with pytest.raises(ComplianceError, match="not there"):
        runs.open_file(run)


def test_programs_pull_reports_with_a_key(academy: Academy) -> None:
    api = Api(academy.hub.caller("Warehouse", scopes=["audit/read"]))
    assert {each["name"] for each in api.get("reports")["reports"]} == set(kinds.KINDS)
    found = api.get("reports/person", person=str(academy.ann.pk))
    assert found["tables"][0]["rows"][0]["Course"] == "FORK-1"
    assert api.request("GET", "reports/bundle", person=str(academy.ann.pk)).content.startswith(b"PK")
    [newest, *_] = api.lines("report-runs")
    assert newest["output"] == "bundle"
    assert api.refused(400, "reports/person?person=999999999")["errors"][0]["parameter"] == "person"
    other = Api(academy.hub.caller("Moodle Berlin"))
    assert other.request("GET", "reports/person", person=str(academy.ann.pk)).status == 403
