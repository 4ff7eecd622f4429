"""The table of now follows what happens within one sweep, and a rebuild finds the same rows."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from compliance.catalogue import equivalence
from compliance.models import Status
from compliance.requirements import lifecycle, waivers
from compliance.status import follow, keep, read
from connectors import changes
from connectors.identity import merge
from connectors.models import Person
from connectors.workforce.canonical import Unit
from tests.compliance.requirements.people import YEARLY, Hospital, ago, today, withdrawn
from tests.connectors.people import told

pytestmark = pytest.mark.usefixtures("database")


def swept() -> None:
    """Let all that happened be followed; what other databases have under way holds it back a moment."""
    until = time.monotonic() + 60
    while follow.waiting() or changes.waiting(follow.CONSUMER):
        assert time.monotonic() < until, "something holds the changes back"
        if not follow.follow() + changes.run(follow.CONSUMER):
            time.sleep(0.01)


def rows(hospital: Hospital) -> list[Any]:
    return read.now(hospital.store_id)


def state(hospital: Hospital, person: Person, code: str = "R1") -> str:
    """Return the word for today out of the table; the same must come of the question to the history."""
    swept()
    found = rows(hospital)
    assert found == sorted(
        read.statuses(hospital.store_id, today()), key=lambda each: (each.person_id, each.requirement_id)
    )
    keep.rebuild(hospital.store_id)
    assert rows(hospital) == found
    mine = [each for each in found if each.person_id == person.pk]
    return mine[0].state(today()) if mine else "not_required"


def test_a_completion_and_its_withdrawal_show_at_once() -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    assert state(hospital, hospital.ann) == "overdue"
    done = hospital.completed(hospital.ann, ago(3))
    assert state(hospital, hospital.ann) == "compliant"
    withdrawn(done)
    assert state(hospital, hospital.ann) == "overdue"


def test_a_transfer_and_its_correction_show_at_once() -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    assert state(hospital, hospital.bo) == "not_required"
    hospital.works("3", since=ago(10), unit="ICU")
    assert state(hospital, hospital.bo) == "due"
    hospital.works("3", since=ago(400), unit="ICU")
    assert state(hospital, hospital.bo) == "overdue"


def test_a_unit_that_moves_takes_its_people_along() -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    assert state(hospital, hospital.bo) == "not_required"
    told(hospital.workday, Unit(key="ER", name="Emergency", parent="ICU", valid_from=ago(5)), at="2020-01-02")
    assert state(hospital, hospital.bo) == "due"


def test_requirements_waivers_and_courses_show_at_once() -> None:
    hospital = Hospital()
    version = hospital.required()
    assert state(hospital, hospital.ann) == "overdue"
    hospital.course()
    hospital.completed(hospital.ann, ago(500))
    assert state(hospital, hospital.ann) == "overdue"
    waiver = waivers.propose(
        version.requirement, person_id=hospital.ann.pk, reason="Leave.", valid_from=ago(1), valid_to=today()
    )
    waivers.approve(waiver, approved_by=hospital.paul)
    assert state(hospital, hospital.ann) == "waived"
    waivers.revoke(waiver, why="Back early.", on=today())
    assert state(hospital, hospital.ann) != "waived"
    lifecycle.retire(version, on=today(), why="No longer asked for.")
    assert state(hospital, hospital.ann) == "not_required"


def test_a_course_that_counts_as_another_shows_at_once_and_says_through_what() -> None:
    hospital = Hospital()
    hospital.course()
    version = hospital.required()
    done = hospital.completed(hospital.ann, ago(3), course="BBP-ONLINE")
    assert state(hospital, hospital.ann) == "overdue"
    counts = equivalence.approve(
        hospital.course("BBP-ONLINE"),
        hospital.course(),
        reason="The same content.",
        approved_as="Paula",
        valid_from=ago(5),
        signed=True,
    )
    assert state(hospital, hospital.ann) == "compliant"
    found = read.explain(hospital.store_id, hospital.ann.pk, version.requirement_id, today())
    assert [(each.course, each.through, each.completion_id) for each in found.done] == [
        ("BBP", "BBP-ONLINE", done.pk)
    ]
    assert any("through BBP-ONLINE, which counts as it" in each for each in found.reasons)
    equivalence.end(counts)
    assert state(hospital, hospital.ann) == "overdue"


def test_what_was_completed_on_other_days_does_not_count_as_another_course() -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    hospital.completed(hospital.ann, ago(6), course="BBP-ONLINE")
    equivalence.approve(
        hospital.course("BBP-ONLINE"),
        hospital.course(),
        reason="The same content.",
        approved_as="Paula",
        valid_from=ago(5),
        signed=True,
    )
    assert state(hospital, hospital.ann) == "overdue"


def test_what_a_merged_person_did_counts() -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    other = Person.objects.create(store_id=hospital.store_id)
    hospital.completed(other, ago(1))
    assert state(hospital, hospital.ann) == "overdue"
    done = merge.merge(other.pk, hospital.ann.pk, reason="The same.", by_id=None)
    assert state(hospital, hospital.ann) == "compliant"
    merge.undo(done.pk)
    assert state(hospital, hospital.ann) == "overdue"


def test_time_alone_changes_no_row() -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    hospital.completed(hospital.ann, ago(360))
    swept()
    [row] = rows(hospital)
    assert [row.state(today() + timedelta(days=each)) for each in (0, 5, 6, 19, 21)] == [
        "compliant", "compliant", "in_grace", "in_grace", "overdue",
    ]  # fmt: skip


def test_a_transfer_that_is_still_to_come_shows_on_its_day() -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    coming = today() + timedelta(days=3)
    hospital.works("3", since=coming, unit="ICU")
    assert state(hospital, hospital.bo) == "not_required"
    from compliance.models import StatusWake

    [wake] = StatusWake.objects.filter(person=hospital.bo)
    assert wake.at.date() == coming


def test_a_version_that_comes_into_force_by_the_calendar_is_followed() -> None:
    hospital = Hospital()
    hospital.course()
    draft = lifecycle.create(
        hospital.store_id,
        code="R1",
        title="R1",
        document={**YEARLY, "for": {"units": ["ER"]}},
        by=hospital.dora,
    )
    lifecycle.submit(draft)
    lifecycle.approve(draft, approved_by=hospital.paul, effective_from=today() + timedelta(days=1))
    swept()
    follow.pass_time(today())
    assert rows(hospital) == []
    # Tomorrow's sweep asks about a moment that has not come; that it looks at this store is what is tested.
    assert hospital.store_id in follow._stores_of_days(
        today() + timedelta(days=1), today() + timedelta(days=1)
    )


def test_the_command_rebuilds_what_was_lost(capsys: pytest.CaptureFixture[str]) -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    swept()
    before = rows(hospital)
    Status.objects.filter(store_id=hospital.store_id).delete()
    from django.apps import apps

    name = apps.get_model("lrs", "Store").objects.get(pk=hospital.store_id).name
    call_command("rebuild_status", store=name)
    assert rows(hospital) == before
    assert '"rows": 1' in capsys.readouterr().out


def _follow_until(until: float) -> None:
    while time.monotonic() < until:
        follow.follow()


def test_a_change_that_fails_is_not_followed_and_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    swept()
    hospital.completed(hospital.ann, ago(1))

    def broken(*_: Any) -> int:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(keep, "bring_up_to_date", broken)
        until = time.monotonic() + 30
        with pytest.raises(RuntimeError, match="disk"):
            _follow_until(until)
    assert follow.waiting()
    assert state(hospital, hospital.ann) == "compliant"


def test_what_concerns_everybody_is_followed_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = Hospital()
    hospital.course()
    swept()
    together: list[int] = []
    kept = keep.bring_up_to_date

    def noted(store_id: int, people: Any) -> int:
        together.append(len(people))
        return kept(store_id, people)

    monkeypatch.setattr(follow, "BATCH", 2)
    monkeypatch.setattr(keep, "bring_up_to_date", noted)
    hospital.required()
    assert state(hospital, hospital.ann) == "overdue"
    everybody = Person.objects.filter(store_id=hospital.store_id).count()
    assert everybody > 2
    assert sum(together) >= everybody
    assert max(together) <= 2


def test_a_unit_with_more_people_than_go_together_takes_them_along(monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = Hospital()
    hospital.course()
    hospital.required()
    assert state(hospital, hospital.bo) == "not_required"
    monkeypatch.setattr(follow, "BATCH", 1)
    hospital.works("4", since=ago(300), unit="ER")
    told(hospital.workday, Unit(key="ER", name="Emergency", parent="ICU", valid_from=ago(5)), at="2020-01-02")
    assert state(hospital, hospital.bo) == "due"


def test_whose_own_future_has_come_is_brought_up_to_date() -> None:
    from compliance.models import StatusWake

    hospital = Hospital()
    hospital.course()
    hospital.required()
    hospital.works("3", since=today() + timedelta(days=3), unit="ICU")
    swept()
    StatusWake.objects.filter(person=hospital.bo).update(at=timezone.now() - timedelta(days=1))
    Status.objects.filter(store_id=hospital.store_id, person_id=hospital.ann.pk).delete()
    assert follow.pass_time(today()) >= 1
    swept()
    # Ann's row is still missing: nobody but Bo had a future that came.
    assert [each.person_id for each in rows(hospital)] == []
    [wake] = StatusWake.objects.filter(person=hospital.bo)
    assert wake.at.date() == today() + timedelta(days=3)
