"""What a worker's record makes of what is known of that person.

In: a canonical `Worker`, `Ended` or `Rescinded`, keys already resolved to ids, and the timelines known now.
Out: those timelines as they are known from now on. No database. Raises Refused where the record contradicts
itself.

A record that tells the whole history replaces what was known; one that tells what is so since a day leaves
the time before alone (connectors.workforce.timeline.asserted). What a source tells of without a day is
taken to be so since the hire the first time, and since the record's own day afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from connectors.errors import Refused
from connectors.identity.normal import mbox_sha1sums, normal
from connectors.workforce import timeline
from connectors.workforce.canonical import (
    Assigned,
    Ended,
    Engaged,
    History,
    Identified,
    Moment,
    Rescinded,
    Worker,
)
from connectors.workforce.days import OPEN_END, Days
from connectors.workforce.tables import ASSIGNMENT, RELATIONSHIP, Knowledge, Subject, Value
from connectors.workforce.timeline import FOREVER, Period, Timeline

_WORKER_TYPES = frozenset({"employee", "contractor", "partner"})
_STATUSES = frozenset({"active", "leave", "suspended", "retired", "pending", "terminated"})
_HIRE_KINDS = frozenset({"hire", "rehire", "conversion"})


@dataclass(frozen=True)
class Keys:
    """Ids of what records name by key."""

    people: Mapping[str, int]
    units: Mapping[str, int]
    jobs: Mapping[str, int]
    locations: Mapping[str, int]
    #: (person id, relationship key) → id
    relationships: Mapping[tuple[int, str], int]
    #: (relationship id, assignment key) → id
    assignments: Mapping[tuple[int, str], int]

    @cached_property
    def relationships_by_person(self) -> Mapping[int, list[int]]:
        """Every relationship of each person in the system at hand."""
        found: dict[int, list[int]] = {}
        for (person, _), each in self.relationships.items():
            found.setdefault(person, []).append(each)
        return found


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the people at hand, by table."""

    names: Knowledge
    identifiers: Knowledge
    relationships: Knowledge
    assignments: Knowledge


@dataclass(frozen=True, slots=True)
class Telling:
    """Who tells, of whom, when."""

    system_id: int
    person_id: int
    keys: Keys
    days: Days
    as_of: datetime


def check(worker: Worker) -> None:
    """Raise Refused where the record cannot be so, whatever is known."""
    for each in worker.relationships:
        if each.worker_type not in _WORKER_TYPES:
            raise _refused("worker_type", each.worker_type, f"one of {', '.join(sorted(_WORKER_TYPES))}")
        if each.hire_kind not in _HIRE_KINDS:
            raise _refused("hire_kind", each.hire_kind, f"one of {', '.join(sorted(_HIRE_KINDS))}")
        if each.end_date is not None and each.end_date < each.hire_date:
            raise Refused(
                f"The employment ends on {each.end_date}, before the hire on {each.hire_date}.",
                rule="relationship.period",
                value=str(each.end_date),
            )
        for assigned in each.assignments:
            if assigned.status not in _STATUSES:
                raise _refused("status", assigned.status, f"one of {', '.join(sorted(_STATUSES))}")
    keys = [each.key for each in worker.relationships]
    if len(set(keys)) < len(keys):
        raise Refused("Two relationships have the same key.", rule="relationship.key")


def _refused(name: str, value: str, expected: str) -> Refused:
    return Refused(f"{name} is {value!r}, not {expected}.", rule=f"canonical.{name}", value=value)


def tell(worker: Worker, told: Telling, known: Known) -> None:
    """Make `known` say what the record says."""
    effective = told.days.begins(worker.effective) if worker.effective is not None else told.as_of
    hired = min((told.days.begins(each.hire_date) for each in worker.relationships), default=effective)
    if "names" not in worker.held:
        _tell_names(worker, told, known.names, effective)
    _tell_identifiers(worker, told, known.identifiers, effective, first=min(hired, effective))
    _tell_relationships(worker, told, known, effective)


def end(record: Ended, told: Telling, known: Known) -> None:
    """End every engagement and identifier of the person in this system."""
    moment = told.as_of if record.at is None else told.days.ends(record.at)
    for subject in relationships_of(told, known):
        now = known.relationships.of(subject)
        reason = RELATIONSHIP_END_REASON
        ended = timeline.ended(now, moment)
        if ended != now and ended and record.reason:
            last = ended[-1]
            value = (*last.value[:reason], record.reason, *last.value[reason + 1 :])
            ended = (*ended[:-1], Period(last.start, last.end, value))
        known.relationships.set(subject, ended)
    _clip_assignments(told, known)
    for subject in _identifiers_of(known.identifiers, told):
        known.identifiers.set(subject, timeline.ended(known.identifiers.of(subject), moment))


def rescind(_: Rescinded, told: Telling, known: Known) -> None:
    """Know of nothing this system said of the person."""
    for subject in relationships_of(told, known):
        known.relationships.set(subject, ())
    _clip_assignments(told, known)
    for subject in _identifiers_of(known.identifiers, told):
        known.identifiers.set(subject, ())
    known.names.set((told.person_id, told.system_id), ())


def _tell_names(worker: Worker, told: Telling, names: Knowledge, effective: datetime) -> None:
    subject = (told.person_id, told.system_id)
    now = names.of(subject)
    dated = [each for each in worker.names if each.valid_from is not None or each.valid_to is not None]
    values = {
        id(each): (each.formatted, each.given, each.family, each.preferred, each.language)
        for each in worker.names
    }
    if dated:
        periods = [
            _period(told.days, each.valid_from, each.valid_to, values[id(each)]) for each in worker.names
        ]
        now = _refusing_overlap(
            "names", lambda: timeline.replaced(now, periods, start=_window(worker, periods))
        )
    elif worker.names:
        # A person is called something before anybody writes it down.
        since = effective if now else timeline.BEGINNING
        now = timeline.asserted(now, since, values[id(worker.names[0])], told=max(effective, told.as_of))
    names.set(subject, now)


def _tell_identifiers(
    worker: Worker, told: Telling, identifiers: Knowledge, effective: datetime, *, first: datetime
) -> None:
    if "identifiers" in worker.held:
        return
    listed: dict[Subject, list[Identified]] = {}
    for each in worker.identifiers:
        if each.value.strip() and f"identifiers.{each.type}" not in worker.held:
            subject = (told.person_id, told.system_id, each.type, each.issuer, normal(each.value))
            listed.setdefault(subject, []).append(each)
    nothing_known = not any(identifiers.of(subject) for subject in _identifiers_of(identifiers, told))
    for subject, given in listed.items():
        now = identifiers.of(subject)
        if any(each.valid_from is not None or each.valid_to is not None for each in given):
            periods = [
                _period(told.days, each.valid_from, each.valid_to, _identifier(each)) for each in given
            ]
            now = _refusing_overlap(
                "identifiers",
                lambda periods=periods, now=now: timeline.replaced(
                    now, periods, start=_window(worker, periods)
                ),  # type: ignore[misc]  # bound now
            )
        else:
            since = first if nothing_known else effective
            if timeline.at(now, since) != _identifier(given[0]):
                now = timeline.asserted(now, since, _identifier(given[0]), told=max(effective, told.as_of))
        identifiers.set(subject, now)
    for subject in _identifiers_of(identifiers, told):
        if subject not in listed and f"identifiers.{subject[2]}" not in worker.held:
            now = identifiers.of(subject)
            identifiers.set(subject, () if _dated(worker) else timeline.ended(now, effective))


def _dated(worker: Worker) -> bool:
    """Whether the record tells every period in which an identifier was held, so that others never were."""
    return worker.history is History.WHOLE and any(each.valid_from is not None for each in worker.identifiers)


def _identifier(each: Identified) -> Value:
    lower, written = mbox_sha1sums(each.value) if each.type == "email" else ("", "")
    return (each.value, lower, "" if written == lower else written, each.primary)


def _tell_relationships(worker: Worker, told: Telling, known: Known, effective: datetime) -> None:
    listed = set()
    first_time: set[int] = set()
    for engaged in worker.relationships:
        relationship_id = told.keys.relationships[told.person_id, engaged.key]
        subject = (relationship_id,)
        listed.add(subject)
        hired = told.days.begins(engaged.hire_date)
        if not any(each.end > hired for each in known.relationships.of(subject)):
            first_time.add(relationship_id)
        known.relationships.set(
            subject, _relationship(worker, engaged, told, known.relationships.of(subject))
        )
    for subject in relationships_of(told, known):
        if subject not in listed:
            now = known.relationships.of(subject)
            whole = worker.history is History.WHOLE
            known.relationships.set(subject, () if whole else timeline.ended(now, effective))
    for engaged in worker.relationships:
        relationship_id = told.keys.relationships[told.person_id, engaged.key]
        _tell_assignments(
            worker,
            engaged,
            relationship_id,
            told,
            known.assignments,
            effective,
            first=relationship_id in first_time,
        )
    _clip_assignments(told, known)
    for engaged in worker.relationships:
        _one_primary(told.keys.relationships[told.person_id, engaged.key], known.assignments)


def _relationship(worker: Worker, engaged: Engaged, told: Telling, now: Timeline[Value]) -> Timeline[Value]:
    start, stop = told.days.begins(engaged.hire_date), told.days.ends(engaged.end_date)
    overlapping = [each for each in now if each.start < stop and each.end > start]
    earlier = worker.history is History.SINCE and any(each.end <= start for each in now)
    hire_kind = "rehire" if earlier and engaged.hire_kind == "hire" else engaged.hire_kind
    value = (
        engaged.worker_type,
        hire_kind,
        engaged.hire_date,
        engaged.original_hire_date,
        engaged.end_reason,
        engaged.legal_employer,
        told.keys.people.get(engaged.sponsor) if engaged.sponsor else None,
    )
    value = _holding(worker.held, "relationship", tuple(RELATIONSHIP.value), value, now, start)
    if worker.history is History.WHOLE:
        return timeline.normal([Period(start, stop, value)])
    # A period already known that overlaps is the same employment, its dates corrected; others are other ones.
    since = min([start, *(each.start for each in overlapping)])
    return timeline.replaced(now, [Period(start, stop, value)], start=since)


def _tell_assignments(
    worker: Worker,
    engaged: Engaged,
    relationship_id: int,
    told: Telling,
    assignments: Knowledge,
    effective: datetime,
    *,
    first: bool,
) -> None:
    by_key: dict[str, list[Assigned]] = {}
    for each in engaged.assignments:
        by_key.setdefault(each.key, []).append(each)
    hired = told.days.begins(engaged.hire_date)
    listed = set()
    for key, given in by_key.items():
        subject = (told.keys.assignments[relationship_id, key], relationship_id, told.person_id)
        listed.add(subject)
        now = assignments.of(subject)
        default = hired if first and worker.effective is None else effective
        periods = [
            Period(
                told.days.begins(each.valid_from) if each.valid_from is not None else default,
                told.days.ends(each.valid_to),
                _assignment(worker, engaged, each, told, now, default),
            )
            for each in given
        ]
        if worker.history is History.WHOLE or len(periods) > 1 or _without_end(given[0]):
            start = (
                timeline.BEGINNING if worker.history is History.WHOLE else min(each.start for each in periods)
            )
            now = _refusing_overlap(
                "assignments",
                lambda now=now, periods=periods, start=start: timeline.replaced(now, periods, start=start),  # type: ignore[misc]  # bound now
            )
        else:
            [period] = periods
            now = timeline.asserted(now, period.start, period.value, told=max(told.as_of, effective))
            if period.end < FOREVER:
                now = timeline.ended(now, period.end)
        assignments.set(subject, now)
    for subject in assignments.about(1, relationship_id):
        if subject not in listed and "assignment" not in worker.held:
            now = assignments.of(subject)
            gone = () if worker.history is History.WHOLE else timeline.ended(now, effective)
            assignments.set(subject, gone)


def _without_end(each: Assigned) -> bool:
    """Whether it is spelt out that there is no end: what was known to follow is called off."""
    return each.valid_to is not None and each.valid_to.year >= OPEN_END


def _assignment(
    worker: Worker, engaged: Engaged, each: Assigned, told: Telling, now: Timeline[Value], since: datetime
) -> Value:
    keys = told.keys
    manager = keys.people.get(each.manager) if each.manager else None
    value = (
        engaged.worker_type,
        each.status,
        each.primary,
        each.title,
        keys.jobs[each.job] if each.job else None,
        keys.units[each.unit] if each.unit else None,
        keys.locations[each.location] if each.location else None,
        None if manager == told.person_id else manager,
        each.position,
        each.full_time_equivalent,
        each.regulatory_classes,
    )
    moment = told.days.begins(each.valid_from) if each.valid_from is not None else since
    return _holding(worker.held, "assignment", tuple(ASSIGNMENT.value), value, now, moment)


def _holding(
    held: tuple[str, ...],
    prefix: str,
    columns: tuple[str, ...],
    value: Value,
    now: Timeline[Value],
    moment: datetime,
) -> Value:
    """Return `value` with what is held taken from what was so at `moment`, or last."""
    if not held or not now:
        return value
    before = timeline.at(now, moment) or now[-1].value
    names = (column.removesuffix("_id") for column in columns)
    return tuple(
        old if f"{prefix}.{name}" in held else new
        for name, old, new in zip(names, before, value, strict=True)
    )


def _clip_assignments(told: Telling, known: Known) -> None:
    """No assignment outside its relationship."""
    for subject in known.assignments.about(2, told.person_id):
        if (subject[1],) in known.relationships.now:
            spans = [(each.start, each.end) for each in _joined(known.relationships.of((subject[1],)))]
            known.assignments.set(subject, timeline.within(known.assignments.of(subject), spans))


def _joined(periods: Timeline[Value]) -> Timeline[Any]:
    return timeline.normal(Period(each.start, each.end, None) for each in periods)


def _one_primary(relationship_id: int, assignments: Knowledge) -> None:
    primary = sorted(
        (period.start, period.end)
        for subject in assignments.about(1, relationship_id)
        for period in assignments.of(subject)
        if period.value[ASSIGNMENT_PRIMARY]
    )
    for (_, stop), (start, _end) in pairwise(primary):
        if start < stop:
            raise Refused(
                f"Two assignments are primary from {start:%Y-%m-%d} on.",
                rule="assignment.primary",
                suggestion="Mark one of them as not primary.",
            )


def relationships_of(told: Telling, known: Known) -> list[Subject]:
    """Return the person's relationships in this system that anything is known of."""
    mine = told.keys.relationships_by_person.get(told.person_id, ())
    return [(each,) for each in mine if (each,) in known.relationships.now]


def _identifiers_of(identifiers: Knowledge, told: Telling) -> list[Subject]:
    return identifiers.about(0, told.person_id)


def _period(days: Days, valid_from: Moment | None, valid_to: Moment | None, value: Value) -> Period[Value]:
    return Period(
        timeline.BEGINNING if valid_from is None else days.begins(valid_from), days.ends(valid_to), value
    )


def _window(worker: Worker, periods: list[Period[Value]]) -> datetime:
    """Return from when on the periods are all there is."""
    return timeline.BEGINNING if worker.history is History.WHOLE else min(each.start for each in periods)


def _refusing_overlap(what: str, make: Callable[[], Timeline[Value]]) -> Timeline[Value]:
    try:
        return make()
    except timeline.Overlap as error:
        raise Refused(
            f"Of {what}, {error}.", rule="timeline.overlap", suggestion="Correct the dates."
        ) from error


ASSIGNMENT_PRIMARY = list(ASSIGNMENT.value).index("primary")
RELATIONSHIP_END_REASON = list(RELATIONSHIP.value).index("end_reason")
