"""Retention schedules: rules as data, in versions.

In: the rules the hub ships (defaults/schedules.json) or ones of the organization. Out: RetentionSchedule
rows. A rule in force is never changed: another version takes its place from a day on. Never a rule by itself:
somebody adopts it, and `verified` says whether its period was compared with the text of the law.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from compliance.errors import ComplianceError
from compliance.models import (
    Behaviour,
    Course,
    LegalBasis,
    PeriodUnit,
    RecordClass,
    RetentionSchedule,
    Starts,
)

_SHIPPED = Path(__file__).parent / "defaults" / "schedules.json"


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """Return the rules the hub ships, by code."""
    return {each["code"]: each for each in json.loads(_SHIPPED.read_text(encoding="utf-8"))}


@transaction.atomic
def adopt(
    store_id: int,
    code: str,
    *,
    on: date,
    by: User | None = None,
    courses: Iterable[Course] = (),
    **changed: Any,
) -> list[RetentionSchedule]:
    """Put a shipped rule in force from a day on, for every course or one row for each of `courses`."""
    if code not in shipped():
        raise ComplianceError(f"No rule {code} is shipped.", field="code")
    fields = {**shipped()[code], **changed}
    named = list(courses)
    if not named:
        return [publish(store_id, fields, on=on, by=by)]
    return [
        publish(store_id, {**fields, "code": f"{code}/{each.code}", "course": each}, on=on, by=by)
        for each in named
    ]


@transaction.atomic
def publish(
    store_id: int, fields: Mapping[str, Any], *, on: date, by: User | None = None
) -> RetentionSchedule:
    """Put a rule in force from a day on; a version in force before is retired on that day.

    A shorter period frees records the earlier version kept: that is for whoever publishes to know, and the
    preview shows it.
    """
    _checked(store_id, fields)
    known = RetentionSchedule.objects.select_for_update().filter(store=store_id, code=fields["code"])
    before = known.order_by("-version").first()
    if before is not None and before.retired_on is None:
        before.retired_on = max(on, before.effective_from)
        before.save(update_fields=["retired_on"])
    version = 1 if before is None else before.version + 1
    return RetentionSchedule.objects.create(
        store_id=store_id, version=version, effective_from=on, created_by=by, **dict(fields)
    )


def retire(schedule: RetentionSchedule, *, on: date) -> None:
    """End a rule without another in its place."""
    if schedule.retired_on is not None:
        raise ComplianceError("This rule is retired already.", field="retired_on")
    schedule.retired_on = on
    schedule.save(update_fields=["retired_on"])


def _checked(store_id: int, fields: Mapping[str, Any]) -> None:
    for name, choices in (
        ("record_class", RecordClass), ("starts", Starts), ("unit", PeriodUnit), ("legal_basis", LegalBasis),
    ):  # fmt: skip
        if fields.get(name, PeriodUnit.YEARS) not in choices.values:
            raise ComplianceError(f"{fields.get(name)!r} is not known here.", field=name)
    if fields.get("behaviour", Behaviour.REVIEW) not in Behaviour.values:
        raise ComplianceError("A period ends in review or delete.", field="behaviour")
    if not str(fields.get("citation", "")).strip():
        raise ComplianceError("A rule cites the section it rests on.", field="citation")
    if fields["starts"] == Starts.EVENT and not fields.get("event_name"):
        raise ComplianceError("A rule that waits for an event names it.", field="event_name")
    if not 0 <= int(fields["period"]) <= 36_500:
        raise ComplianceError("A period is 0 to 36500.", field="period")
    course = fields.get("course")
    if course is not None and course.store_id != store_id:
        raise ComplianceError("The course is of another store.", field="course")
