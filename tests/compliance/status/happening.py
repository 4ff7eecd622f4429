"""Events of tests.compliance.status.naive, made to happen in the product; each moment is kept in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from compliance.catalogue import equivalence
from compliance.models import (
    Completion,
    Course,
    CourseEquivalence,
    CourseVersion,
    PracticalSignOff,
    Requirement,
    Waiver,
)
from compliance.requirements import lifecycle, waivers
from connectors.identity import merge
from connectors.models import Person
from connectors.workforce.canonical import Assigned, Engaged, History, Unit, Worker
from tests.compliance.status import naive
from tests.connectors.people import day as moment
from tests.connectors.people import hris, person, told

COURSES = ("X", "Y", "Z", "P")


class Happening:
    """A store of its own with Ann, a requirement and courses, to which events happen."""

    def __init__(self) -> None:
        self.workday = hris()
        self.store_id = self.workday.store_id
        self.key = uuid4().hex[:10]
        at = "2023-12-01"
        told(
            self.workday,
            *(
                Unit(key=key, name=key, parent=parent)
                for key, parent in (("A", ""), ("B", ""), ("ICU", "A"), ("ER", "B"))
            ),
            at=at,
        )
        self.courses = {
            code: Course.objects.create(store_id=self.store_id, code=code, title=code) for code in COURSES
        }
        self.other = Person.objects.create(store_id=self.store_id)
        self.author = User.objects.create_user(f"author {self.key}")
        self.approver = User.objects.create_user(f"approver {self.key}")
        self.requirement: Requirement | None = None
        self.versions: dict[int, Any] = {}
        self.completions: dict[int, Completion] = {}
        self.waivers: dict[int, Waiver] = {}
        self.equivalences: dict[int, CourseEquivalence] = {}
        #: The moment after each event.
        self.known: list[datetime] = []
        self.told_once = False

    @property
    def ann(self) -> Person:
        return person(self.workday, self.key)

    def happen(self, event: Any) -> None:
        getattr(self, f"_{type(event).__name__.lower()}")(event)
        self.known.append(timezone.now())

    def _told(self, event: naive.Told) -> None:
        engaged: list[Engaged] = []
        for number, stint in enumerate(event.stints):
            engaged.append(
                Engaged(
                    key=str(number),
                    hire_date=stint.hired,
                    end_date=stint.last,
                    assignments=(
                        Assigned(
                            key="1",
                            valid_from=stint.first,
                            valid_to=stint.last,
                            unit=stint.unit,
                            job="RN2",
                            status=stint.status,
                            regulatory_classes=(stint.regulatory_class,) if stint.regulatory_class else (),
                        ),
                    ),
                )
            )
        worker = Worker(key=self.key, history=History.WHOLE, relationships=tuple(engaged))
        [outcome] = told(self.workday, worker, at="2024-01-01")
        assert outcome.what != "refused", outcome.refused

    def _moved(self, event: naive.Moved) -> None:
        told(
            self.workday,
            Unit(key=event.unit, name=event.unit, parent=event.under, valid_from=event.since),
            at="2024-01-01",
        )

    def _completed(self, event: naive.Completed) -> None:
        course = self.courses[event.course]
        self.completions[event.number] = Completion.objects.create(
            store_id=self.store_id,
            person=self.other if event.elsewhere else self.ann,
            course=course,
            version=CourseVersion.objects.get(course=course, label=event.version) if event.version else None,
            completed_at=datetime.combine(event.day, time(10), UTC),
            passed=event.passed,
            score=event.score,
            recorded=TimestamptzRange(timezone.now(), None),
        )

    def _withdrawn(self, event: naive.Withdrawn) -> None:
        row = self.completions[event.number]
        since = row.recorded.lower
        Completion.objects.filter(pk=row.pk).update(
            recorded=TimestamptzRange(since, timezone.now()), withdrawn_why="The statement was voided."
        )

    def _merged(self, event: naive.Merged) -> None:
        merge.merge(self.other.pk, self.ann.pk, reason="One and the same.", by_id=None)

    def _signedoff(self, event: naive.SignedOff) -> None:
        PracticalSignOff.objects.create(
            store_id=self.store_id,
            person=self.ann,
            course=self.courses[event.course],
            evaluator=Person.objects.create(store_id=self.store_id),
            done_on=event.day,
            recorded=TimestamptzRange(timezone.now(), None),
        )

    def _newversion(self, event: naive.NewVersion) -> None:
        CourseVersion.objects.create(
            course=self.courses[event.course],
            label=event.label,
            effective_on=event.since,
            retraining=event.retraining,
        )

    def _equivalent(self, event: naive.Equivalent) -> None:
        self.equivalences[event.number] = equivalence.approve(
            self.courses[event.course],
            self.courses[event.counts_as],
            reason="The same content.",
            approved_as="Paula",
            mutual=event.mutual,
            valid_from=event.first,
            valid_to=event.last,
            signed=True,
        )

    def _ended(self, event: naive.Ended) -> None:
        equivalence.end(self.equivalences[event.number])

    def _approved(self, event: naive.Approved) -> None:
        if self.requirement is None:
            version = lifecycle.create(
                self.store_id, code="R", title="R", document=event.definition, by=self.author
            )
            self.requirement = version.requirement
        else:
            version = lifecycle.revise(
                self.requirement, event.definition, change_note="Next.", by=self.author
            )
        lifecycle.submit(version)
        self.versions[event.number] = lifecycle.approve(
            version, approved_by=self.approver, effective_from=event.since
        )

    def _retired(self, event: naive.Retired) -> None:
        lifecycle.retire(self.versions[event.number], on=event.since, why="Not needed.")

    def _waived(self, event: naive.Waived) -> None:
        assert self.requirement is not None
        waiver = waivers.propose(
            self.requirement,
            reason="On other duties.",
            valid_from=event.first,
            valid_to=event.last,
            person_id=None if event.rule is not None else self.ann.pk,
            rule=event.rule,
            by=self.author,
        )
        self.waivers[event.number] = waivers.approve(waiver, approved_by=self.approver)

    def _revoked(self, event: naive.Revoked) -> None:
        waivers.revoke(self.waivers[event.number], why="Back.", on=event.since)


__all__ = ["Happening", "date", "moment", "timedelta"]
