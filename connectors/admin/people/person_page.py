"""What the page of a person shows: as of a day and as known on another, over time, and what the hub knew
when.

In: a person. Out: texts, lanes of the timeline, statements with the context each counted for. People
merged into this one are shown with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest

from connectors.admin.people import review_page, words
from connectors.admin.people.base import end_of, noon, period_text
from connectors.admin.people.timeline_chart import Bar, Lane
from connectors.enrichment.show import contexts_of
from connectors.models import (
    ActorLink,
    Identifier,
    JobVersion,
    LocationVersion,
    OrganizationUnitVersion,
    Person,
    PersonMerge,
    PersonVersion,
    WorkAssignmentVersion,
    WorkRelationshipVersion,
)
from connectors.workforce import as_of

#: Statements of one page, versions of each kind, lanes of identifiers.
STATEMENTS, VERSIONS_MOST, LANES_MOST = 15, 300, 14


def everyone(person: Person) -> list[int]:
    """Return the person and those merged into them."""
    return [person.pk, *Person.objects.filter(merged_into=person).values_list("pk", flat=True)]


def header(person: Person, day: date, known: date | None) -> dict[str, Any]:
    """Return what was so of a person on a day, as known at the end of another; JSON."""
    moment, known_at = noon(day), None if known is None else end_of(known)
    context = as_of.person_at(person.pk, moment, known_at)
    [said] = words.described([context], [moment], known_at)
    rows = PersonVersion.objects.filter(person__in=everyone(person), valid__contains=moment)
    rows = rows.filter(recorded__contains=known_at) if known_at else rows.filter(recorded__upper_inf=True)
    called = rows.order_by("system__precedence", "pk").first()
    return {
        "day": day.isoformat(),
        "known": "" if known is None else known.isoformat(),
        "name": said.get("name") or (called.formatted_name if called else "") or f"Person {person.pk}",
        "standing": bool(said),
        "fields": {key: said.get(key, "") for key, _ in words.FIELDS},
        "unit_id": said.get("unit_id", ""),
        "manager_id": said.get("manager_id", ""),
    }


def lanes(person: Person) -> list[Lane]:
    """Return a person's time as the hub knows it now."""
    people = everyone(person)
    found: list[Lane] = _engagements(people) + _assignments(people)
    by_name: dict[str, Lane] = {}
    held = Identifier.objects.filter(person__in=people, recorded__upper_inf=True).order_by("type", "valid")
    for each in held:
        lane = by_name.setdefault(each.type, Lane(_label(each, "type")))
        lane.bars.append(Bar(*_days(each.valid), each.value, "identifier"))
    found += _rows_apart(list(by_name.values()))
    return found[:LANES_MOST]


def _engagements(people: Sequence[int]) -> list[Lane]:
    rows = WorkRelationshipVersion.objects.filter(
        relationship__person__in=people, recorded__upper_inf=True
    ).select_related("relationship", "system")
    by_system: dict[str, Lane] = {}
    for each in rows.order_by("valid"):
        system = each.system.name if each.system else "Unknown system"
        lane = by_system.setdefault(system, Lane(system))
        lane.bars.append(
            Bar(*_days(each.valid), f"{_label(each, 'worker_type')}, {each.hire_kind}", "engagement")
        )
    return _rows_apart(list(by_system.values()))


def _assignments(people: Sequence[int]) -> list[Lane]:
    rows = list(
        WorkAssignmentVersion.objects.filter(person__in=people, recorded__upper_inf=True).order_by(
            "assignment", "valid"
        )
    )
    units = _unit_names({each.unit_id for each in rows if each.unit_id is not None})
    found: dict[int, Lane] = {}
    for each in rows:
        name = "Assignment" if each.primary else "Second assignment"
        lane = found.setdefault(each.assignment_id, Lane(name))
        unit = units.get(each.unit_id or 0, "")
        text = " · ".join(part for part in (unit, each.title) if part) or "No unit"
        kind = {"active": "assignment", "leave": "leave"}.get(each.status, "ended")
        if kind != "assignment":
            text = f"{_label(each, 'status')}: {text}"
        lane.bars.append(Bar(*_days(each.valid), text, kind))
    return list(found.values())


def _rows_apart(given: Sequence[Lane]) -> list[Lane]:
    """Return lanes in which no two bars overlap: more of the same name where they would."""
    found: list[Lane] = []
    for lane in given:
        rows: list[Lane] = []
        for bar in sorted(lane.bars, key=lambda each: each.start or date.min):
            free = next(
                (
                    row
                    for row in rows
                    if row.bars[-1].end is not None and row.bars[-1].end <= (bar.start or date.min)
                ),
                None,
            )
            if free is None:
                free = Lane(lane.name)
                rows.append(free)
            free.bars.append(bar)
        found += rows
    return found


def _days(valid: Any) -> tuple[date | None, date | None]:
    start, end = valid.lower, valid.upper
    return (
        None if start is None else start.astimezone(UTC).date(),
        None if end is None else end.astimezone(UTC).date(),
    )


def _label(row: Any, field: str) -> str:
    return str(getattr(row, f"get_{field}_display")())


def _unit_names(units: set[int]) -> dict[int, str]:
    rows = OrganizationUnitVersion.objects.filter(unit__in=units, recorded__upper_inf=True).order_by("valid")
    return {each.unit_id: each.name for each in rows}


@dataclass(frozen=True, slots=True)
class Learned:
    """A statement of a person and what it counted for."""

    sample: review_page.Sample
    unit: str
    job: str
    why_not: str


def learning(request: HttpRequest, person: Person, before: str) -> tuple[list[Learned], str]:
    """Return the latest statements of a person, and where the next page begins; empty on the last."""
    moment, seq = _position(before)
    people = everyone(person)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.seq, s.moment, s.actor_id FROM (
                SELECT DISTINCT l.actor_id FROM connectors_actor_link l
                WHERE l.person_id = ANY (%s) AND upper_inf(l.recorded)
            ) a CROSS JOIN LATERAL (
                SELECT c.seq, c.moment, c.actor_id FROM connectors_statement_context c
                WHERE c.actor_id = a.actor_id AND c.recorded_to IS NULL AND c.moment <= %s
                  AND (c.moment, c.seq) < (%s, %s)
                  AND EXISTS (SELECT FROM connectors_actor_link l
                              WHERE l.actor_id = c.actor_id AND l.person_id = ANY (%s)
                                AND upper_inf(l.recorded) AND l.valid @> c.moment)
                ORDER BY c.moment DESC, c.seq DESC LIMIT %s
            ) s ORDER BY s.moment DESC, s.seq DESC LIMIT %s
            """,
            [people, moment, moment, seq, people, STATEMENTS + 1, STATEMENTS + 1],
        )
        rows = cursor.fetchall()
    onward = (
        f"{rows[STATEMENTS - 1][1].isoformat()}|{rows[STATEMENTS - 1][0]}" if len(rows) > STATEMENTS else ""
    )
    rows = rows[:STATEMENTS]
    counted = contexts_of([row[0] for row in rows])
    samples = {each.seq: each for each in review_page.samples(request, [row[0] for row in rows])}
    found = []
    for key, _, _ in rows:
        entries = [each for each in counted.get(key, ()) if _is_of(each, people)]
        entry = entries[0] if entries else {}
        unit, job = entry.get("unit") or {}, entry.get("job") or {}
        if key in samples:
            found.append(
                Learned(samples[key], unit.get("name", ""), job.get("name", ""), entry.get("why_not", ""))
            )
    return found, onward


def _is_of(entry: dict[str, Any], people: Sequence[int]) -> bool:
    resolved = entry.get("resolved") or {}
    return resolved.get("person") in people


def _position(before: str) -> tuple[datetime, int]:
    moment, _, key = before.rpartition("|")
    try:
        if key.isdecimal() and len(key) < 20:
            return datetime.fromisoformat(moment), int(key)
    except ValueError:
        pass
    return datetime(9999, 1, 1, tzinfo=UTC), 0


def actors(person: Person) -> list[dict[str, Any]]:
    """Return the actors a person is known by now."""
    rows = (
        ActorLink.objects.filter(person__in=everyone(person), recorded__upper_inf=True)
        .select_related("actor", "rule", "by")
        .order_by("-actor__last_seen", "valid")[:VERSIONS_MOST]
    )
    return [{"row": each, "actor": each.actor, "period": period_text(each.valid)} for each in rows]


def identifiers(person: Person) -> list[dict[str, Any]]:
    """Return the identifiers a person has or had, as known now."""
    rows = (
        Identifier.objects.filter(person__in=everyone(person), recorded__upper_inf=True)
        .select_related("system")
        .order_by("type", "-valid")[:VERSIONS_MOST]
    )
    return [{"row": each, "label": _label(each, "type"), "period": period_text(each.valid)} for each in rows]


def merges(person: Person) -> list[dict[str, Any]]:
    """Return the merges of a person, undone ones too."""
    rows = (
        PersonMerge.objects.filter(Q(person=person) | Q(into=person))
        .select_related("by")
        .order_by("-recorded_from")[:VERSIONS_MOST]
    )
    called = words.names({pk for each in rows for pk in (each.person_id, each.into_id)})
    return [
        {
            "row": each,
            "person": called[each.person_id],
            "into": called[each.into_id],
            "is_this": each.person_id == person.pk,
        }
        for each in rows
    ]


@dataclass(frozen=True, slots=True)
class Version:
    """One thing the hub knew."""

    recorded_from: datetime
    recorded_to: datetime | None
    kind: str
    period: str
    text: str
    system: str


def versions(person: Person) -> list[Version]:
    """Return everything the hub knew of a person, the latest learned first."""
    people = everyone(person)
    found = [
        *_known_names(people),
        *_known_identifiers(people),
        *_known_terms(people),
        *_known_assignments(people),
    ]
    return sorted(found, key=lambda each: each.recorded_from, reverse=True)[:VERSIONS_MOST]


def _known_names(people: Sequence[int]) -> list[Version]:
    rows = PersonVersion.objects.filter(person__in=people).select_related("system").order_by("-pk")
    return [_version(each, "Name", each.formatted_name) for each in rows[:VERSIONS_MOST]]


def _known_identifiers(people: Sequence[int]) -> list[Version]:
    rows = Identifier.objects.filter(person__in=people).select_related("system").order_by("-pk")
    return [_version(each, _label(each, "type"), each.value) for each in rows[:VERSIONS_MOST]]


def _known_terms(people: Sequence[int]) -> list[Version]:
    rows = WorkRelationshipVersion.objects.filter(relationship__person__in=people).select_related("system")
    return [
        _version(
            each,
            "Engagement",
            f"{_label(each, 'worker_type')}, {each.hire_kind} on {each.hire_date}"
            + (f", {each.end_reason}" if each.end_reason else ""),
        )
        for each in rows.order_by("-pk")[:VERSIONS_MOST]
    ]


def _known_assignments(people: Sequence[int]) -> list[Version]:
    rows = list(
        WorkAssignmentVersion.objects.filter(person__in=people)
        .select_related("system")
        .order_by("-pk")[:VERSIONS_MOST]
    )
    units = _unit_names({each.unit_id for each in rows if each.unit_id is not None})
    jobs = dict(
        JobVersion.objects.filter(job__in={each.job_id for each in rows}, recorded__upper_inf=True)
        .order_by("valid")
        .values_list("job_id", "title")
    )
    places = dict(
        LocationVersion.objects.filter(
            location__in={each.location_id for each in rows}, recorded__upper_inf=True
        )
        .order_by("valid")
        .values_list("location_id", "name")
    )
    managers = words.names({each.manager_id for each in rows if each.manager_id is not None})
    found = []
    for each in rows:
        parts = [
            _label(each, "status"),
            each.title,
            jobs.get(each.job_id or 0, ""),
            units.get(each.unit_id or 0, ""),
            places.get(each.location_id or 0, ""),
            f"manager {managers[each.manager_id]}" if each.manager_id is not None else "",
        ]
        found.append(_version(each, "Assignment", " · ".join(dict.fromkeys(part for part in parts if part))))
    return found


def _version(row: Any, kind: str, text: str) -> Version:
    return Version(
        row.recorded.lower,
        row.recorded.upper,
        kind,
        period_text(row.valid),
        text,
        row.system.name if row.system else "",
    )


def story(person: Person) -> list[LogEntry]:
    """Return who did what to a person by hand."""
    kind = ContentType.objects.get_for_model(Person)
    rows = LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in everyone(person)])
    return list(rows.select_related("user").order_by("-action_time")[:50])
