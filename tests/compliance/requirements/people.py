"""The hospital of these tests: Ann and Bo with their manager Mia, courses, and who drafts and approves."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from compliance.models import Completion, CompletionEvidence, Course, RequirementVersion
from compliance.requirements import lifecycle
from connectors.models import Person, System
from connectors.workforce.canonical import Unit
from tests.connectors.people import ann, hris, told
from tests.connectors.people import person as person_of

#: A yearly requirement of the intensive care unit.
YEARLY: dict[str, Any] = {
    "what": {"course": "BBP"},
    "for": {"units": ["ICU"]},
    "when": {"within_days": 30, "every": {"count": 12, "unit": "months"}},
    "grace_days": 14,
}


def today() -> date:
    return timezone.now().date()


def ago(days: int) -> date:
    return today() - timedelta(days=days)


class Hospital:
    """A store with people in it."""

    def __init__(self, store: Any = None) -> None:
        self.workday: System = hris(store=store)
        self.store_id = self.workday.store_id
        mark = uuid4().hex[:8]
        self.dora = User.objects.create_user(f"Dora drafts {mark}")
        self.paul = User.objects.create_user(f"Paul approves {mark}")
        told(
            self.workday,
            Unit(key="H", name="Hospital"),
            Unit(key="ICU", name="Intensive care", parent="H"),
            Unit(key="ER", name="Emergency", parent="H"),
            at="2020-01-01",
        )
        self.works("1", unit="H", job="CNO")
        self.works("2", unit="ICU", manager="1")
        self.works("3", unit="ER", manager="2")

    def works(self, key: str, *, since: date | None = None, **assigned: Any) -> None:
        """Say where somebody works, for good or from a day on."""
        standing = {"unit": "ICU", **assigned}
        record = ann(key, valid_from=since, hire_date=date(2020, 3, 1), **standing)
        [outcome] = told(self.workday, record, at=datetime.combine(today(), time(), UTC))
        assert outcome.what != "refused", outcome.refused

    @property
    def mia(self) -> Person:
        return person_of(self.workday, "1")

    @property
    def ann(self) -> Person:
        return person_of(self.workday, "2")

    @property
    def bo(self) -> Person:
        return person_of(self.workday, "3")

    def course(self, code: str = "BBP") -> Course:
        return Course.objects.get_or_create(
            store_id=self.store_id, code=code, defaults={"title": f"Course {code}"}
        )[0]

    def required(
        self, definition: dict[str, Any] | None = None, *, code: str = "R1", since: date | None = None
    ) -> RequirementVersion:
        """Return a version that is in force."""
        draft = lifecycle.create(
            self.store_id, code=code, title=f"Requirement {code}", document=definition or YEARLY, by=self.dora
        )
        lifecycle.submit(draft)
        return lifecycle.approve(draft, approved_by=self.paul, effective_from=since or ago(1000))

    def completed(
        self, person: Person, on: date, *, course: str = "BBP", seq: int | None = None, **fields: Any
    ) -> Completion:
        """Say that somebody completed a course on a day."""
        made = Completion.objects.create(
            store_id=self.store_id,
            person=person,
            course=self.course(course),
            completed_at=datetime.combine(on, time(0, 0, 1), UTC),
            recorded=TimestamptzRange(timezone.now(), None),
            **fields,
        )
        if seq is not None:
            CompletionEvidence.objects.create(completion=made, seq=seq)
        return made


def withdrawn(completion: Completion) -> None:
    """Say that a completion does not stand any more."""
    Completion.objects.filter(pk=completion.pk).update(
        recorded=TimestamptzRange(completion.recorded.lower, timezone.now()), withdrawn_why="Voided."
    )
