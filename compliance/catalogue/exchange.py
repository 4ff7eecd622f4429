"""The catalogue out and in.

In: a store and a document (compliance.catalogue.document). Out: the same shape; or what became of it.
Bringing a catalogue adds and changes, and never removes: a course that is not named stays. Each course is
taken whole or refused with the reason; the same document twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from compliance.catalogue import courses, equivalence
from compliance.catalogue.document import FORMAT, Document, checked
from compliance.errors import ComplianceError
from compliance.models import Course, CourseEquivalence, CourseVersion

_PLAIN = ("title", "description", "kind", "same_within_hours")


@dataclass(slots=True)
class Report:
    """What became, or would become, of a document."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    #: (code, why not)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it for the API and for commands."""
        return {
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": [{"code": code, "reason": reason} for code, reason in self.refused],
        }


def export(store_id: int) -> Document:
    """Return a store's catalogue, in the order of codes."""
    rows = Course.objects.filter(store=store_id, merged_into=None).order_by("code")
    ended = CourseEquivalence.objects.filter(course__store=store_id, recorded_to=None)
    return {
        "format": FORMAT,
        "courses": [_written(each) for each in rows.prefetch_related("versions", "activities__version")],
        "equivalences": [
            {
                "course": each.course.code,
                "counts_as": each.counts_as.code,
                "mutual": each.mutual,
                "valid_from": _day(each.valid_from),
                "valid_to": _day(each.valid_to),
                "reason": each.reason,
                "approved_as": each.approved_as,
            }
            for each in ended.select_related("course", "counts_as").order_by("pk")
        ],
    }


def bring(
    store_id: int,
    document: Document,
    *,
    by: str,
    by_id: int | None = None,
    move: bool = False,
    dry: bool = False,
) -> Report:
    """Bring a catalogue; with `move` activities of other courses are taken from them. `by` approves."""
    checked(document)
    report = Report()
    with transaction.atomic():
        for said in document["courses"]:
            _each(report, said["code"], partial(_course, store_id, said, move=move))
        for said in document.get("equivalences", ()):
            told = f"{said['course']} counts as {said['counts_as']}"
            _each(report, told, partial(_equivalence, store_id, said, by, by_id))
        if dry:
            transaction.set_rollback(True)
    return report


def _each(report: Report, what: str, take: Callable[[], str]) -> None:
    try:
        with transaction.atomic():
            became = take()
    except ComplianceError as error:
        report.refused.append((what, error.reason))
    else:
        setattr(report, became, getattr(report, became) + 1)


def _course(store_id: int, said: Mapping[str, Any], *, move: bool) -> str:
    """Take one course; return what became of it."""
    course = Course.objects.select_for_update().filter(store=store_id, code=said["code"]).first()
    new = course is None
    if course is None:
        if "title" not in said:
            raise ComplianceError("A new course needs a title.")
        course = Course(store_id=store_id, code=said["code"])
    elif course.merged_into_id is not None:
        raise ComplianceError("This course is merged into another one.")
    values = {name: said[name] for name in _PLAIN if name in said}
    if "credit_hours" in said:
        values["credit_hours"] = _hours(said["credit_hours"])
    if "retired_on" in said:
        values["retired_on"] = _read_day(said["retired_on"])
    changed = _set(course, values) or new
    if changed:
        course.save()
    versions = {each.label: each for each in course.versions.all()}
    for each in said.get("versions", ()):
        changed |= _version(course, versions, each)
    activities = {each.iri: each.version_id for each in course.activities.all()}
    for each in said.get("activities", ()):
        label = each.get("version")
        if label is not None and label not in versions:
            raise ComplianceError(f"There is no version {label!r} for {each['iri']}.")
        version = None if label is None else versions[label]
        wanted = None if version is None else version.pk
        if each["iri"] not in activities or activities[each["iri"]] != wanted:
            courses.assign(course, each["iri"], version=version, move=move)
            changed = True
    return "created" if new else "changed" if changed else "unchanged"


def _version(course: Course, versions: dict[str, CourseVersion], said: Mapping[str, Any]) -> bool:
    version = versions.get(said["label"]) or CourseVersion(course=course, label=said["label"])
    values: dict[str, Any] = {"effective_on": _read_day(said["effective_on"])}
    values |= {name: said[name] for name in ("retraining", "change_note") if name in said}
    if "credit_hours" in said:
        values["credit_hours"] = _hours(said["credit_hours"])
    changed = _set(version, values) or version.pk is None
    if changed:
        version.save()
        versions[version.label] = version
    return changed


def _equivalence(store_id: int, said: Mapping[str, Any], by: str, by_id: int | None) -> str:
    found = {
        each.code: each
        for each in Course.objects.filter(store=store_id, code__in=[said["course"], said["counts_as"]])
    }
    for code in (said["course"], said["counts_as"]):
        if code not in found:
            raise ComplianceError(f"There is no course {code}.")
    course, counts_as = found[said["course"]], found[said["counts_as"]]
    wanted = (
        said.get("mutual", False),
        _read_day(said.get("valid_from")),
        _read_day(said.get("valid_to")),
        said["reason"].strip(),
    )
    stands = CourseEquivalence.objects.filter(course=course, counts_as=counts_as, recorded_to=None).first()
    if stands is not None:
        if (stands.mutual, stands.valid_from, stands.valid_to, stands.reason) == wanted:
            return "unchanged"
        equivalence.end(stands)
    equivalence.approve(
        course,
        counts_as,
        mutual=wanted[0],
        valid_from=wanted[1],
        valid_to=wanted[2],
        reason=wanted[3],
        approved_as=by,
        approved_by_id=by_id,
    )
    return "created" if stands is None else "changed"


def _written(course: Course) -> dict[str, Any]:
    return {
        "code": course.code,
        "title": course.title,
        "description": course.description,
        "kind": course.kind,
        "credit_hours": _text(course.credit_hours),
        "retired_on": _day(course.retired_on),
        "same_within_hours": course.same_within_hours,
        "versions": [
            {
                "label": each.label,
                "effective_on": _day(each.effective_on),
                "retraining": each.retraining,
                "change_note": each.change_note,
                "credit_hours": _text(each.credit_hours),
            }
            for each in sorted(course.versions.all(), key=lambda each: (each.effective_on, each.label))
        ],
        "activities": [
            {"iri": each.iri, "version": None if each.version is None else each.version.label}
            for each in sorted(course.activities.all(), key=lambda each: each.iri)
        ],
    }


def _set(row: Any, values: Mapping[str, Any]) -> bool:
    """Set what is otherwise; return whether anything was."""
    other = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in other.items():
        setattr(row, name, value)
    return bool(other)


def _hours(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(hours: Decimal | None) -> str | None:
    return None if hours is None else str(hours)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ComplianceError(f"There is no day {text}.") from error
