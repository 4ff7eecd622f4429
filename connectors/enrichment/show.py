"""Contexts as people and programs read them: names beside ids, and why there is none.

In: keys of statements. Out: JSON values for each, as they are known now: a list with one entry for each
actor. Five queries whatever the number. Never a change.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.models import (
    Actor,
    ActorLink,
    Context,
    Identifier,
    Job,
    JobVersion,
    Location,
    LocationVersion,
    OrganizationUnit,
    OrganizationUnitVersion,
    PersonVersion,
    StatementContext,
    WhyNot,
    WorkAssignmentVersion,
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What was derived of one statement."""

    #: The last transaction that derived any of it.
    xid: int
    #: The statement's own timestamp.
    moment: datetime
    #: One entry for each actor.
    contexts: list[Json]


def contexts_of(seqs: Collection[int]) -> dict[int, list[Json]]:
    """Return the contexts of each statement that has any, by key."""
    return {seq: shown.contexts for seq, shown in derived(seqs).items()}


def derived(seqs: Collection[int]) -> dict[int, Shown]:
    """Return what was derived of each statement, by key; as it is known now."""
    rows = list(
        StatementContext.objects.filter(seq__in=list(seqs), recorded_to__isnull=True).order_by(
            "seq", "actor_id"
        )
    )
    contexts = Context.objects.in_bulk([each.context_id for each in rows if each.context_id is not None])
    names = _Names(list(contexts.values()), rows)
    found: dict[int, Shown] = {}
    for row in rows:
        context = None if row.context_id is None else contexts[row.context_id]
        before = found.get(row.seq)
        entries = [*(before.contexts if before is not None else ()), _entry(row, context, names)]
        found[row.seq] = Shown(max(row.xid, before.xid if before is not None else 0), row.moment, entries)
    return found


def _entry(row: StatementContext, context: Context | None, names: _Names) -> Json:
    actor = names.actors.get(row.actor_id)
    entry: Json = {
        "actor": None if actor is None else _actor(actor),
        "derived": row.recorded_from.isoformat(),
    }
    link = None if row.link_id is None else names.links.get(row.link_id)
    if link is not None:
        entry["resolved"] = {
            "person": link.person_id,
            "rule": link.rule.name if link.rule is not None else "",
            "explicit": link.explicit,
            "confidence": link.confidence,
            "evidence": json.loads(link.evidence),
        }
    if context is None:
        return entry | {"why_not": WhyNot(row.why_not).label}
    return entry | _described(context, row.moment, names)


def _actor(actor: Actor) -> Json:
    if actor.home_page:
        return {"account": {"homePage": actor.home_page, "name": actor.value}}
    return {actor.kind: actor.value}


def _described(context: Context, moment: datetime, names: _Names) -> Json:
    assignment = names.assignments.get(context.assignment_version_id or 0)
    return {
        "person": {
            "id": context.person_id,
            "name": names.people.get(context.person_version_id or 0, ""),
            "employee_number": names.numbers.get(context.person_id, ""),
        },
        "assignment": {
            "id": None if assignment is None else assignment.assignment_id,
            "version": context.assignment_version_id,
            "title": "" if assignment is None else assignment.title,
        },
        "job": _thing(context.job_id, names.keys["job"], names.jobs.get(context.job_version_id or 0)),
        "unit": _unit(context.unit_id, moment, names),
        "path": [_unit(each, moment, names) for each in context.path],
        "location": _thing(
            context.location_id, names.keys["location"], names.locations.get(context.location_version_id or 0)
        ),
        "manager": None
        if context.manager_id is None
        else {
            "id": context.manager_id,
            "name": names.managers.get(context.manager_id, ""),
        },
        "worker_type": context.worker_type,
        "status": context.status,
        "hire_date": None if context.hire_date is None else context.hire_date.isoformat(),
        "tenure_days": None if context.hire_date is None else (moment.date() - context.hire_date).days,
        "regulatory_classes": context.regulatory_classes,
    }


def _thing(id_: int | None, keys: dict[int, str], name: str | None) -> Json | None:
    return None if id_ is None else {"id": id_, "key": keys.get(id_, ""), "name": name or ""}


def _unit(unit_id: int | None, moment: datetime, names: _Names) -> Json | None:
    if unit_id is None:
        return None
    versions = names.units.get(unit_id, ())
    name = next((each.name for each in versions if moment in each.valid), "")
    return {"id": unit_id, "key": names.keys["unit"].get(unit_id, ""), "name": name}


class _Names:
    """Names of everything some contexts point at."""

    def __init__(self, contexts: list[Context], rows: list[StatementContext]) -> None:
        self.actors = Actor.objects.in_bulk({each.actor_id for each in rows})
        links = {each.link_id for each in rows if each.link_id is not None}
        self.links = {each.pk: each for each in ActorLink.objects.filter(pk__in=links).select_related("rule")}
        self.assignments = WorkAssignmentVersion.objects.in_bulk(_ids(contexts, "assignment_version_id"))
        self.people = _names(PersonVersion, _ids(contexts, "person_version_id"), "formatted_name")
        jobs = JobVersion.objects.filter(pk__in=_ids(contexts, "job_version_id")).select_related("job")
        locations = LocationVersion.objects.filter(
            pk__in=_ids(contexts, "location_version_id")
        ).select_related("location")
        self.jobs = {each.pk: each.title for each in jobs}
        self.locations = {each.pk: each.name for each in locations}
        units = {unit for each in contexts for unit in [*each.path, each.unit_id] if unit is not None}
        self.units: dict[int, list[OrganizationUnitVersion]] = {}
        for version in OrganizationUnitVersion.objects.filter(unit__in=units, recorded__upper_inf=True):
            self.units.setdefault(version.unit_id, []).append(version)
        self.keys = {
            "unit": dict(OrganizationUnit.objects.filter(pk__in=units).values_list("pk", "key")),
            "job": _keys(Job, _ids(contexts, "job_id")),
            "location": _keys(Location, _ids(contexts, "location_id")),
        }
        people = _ids(contexts, "person_id")
        numbers = Identifier.objects.filter(
            person__in=people, type="employee_number", recorded__upper_inf=True
        ).order_by("valid")
        self.numbers = {each.person_id: each.value for each in numbers}
        managers = PersonVersion.objects.filter(
            person__in=_ids(contexts, "manager_id"), recorded__upper_inf=True
        ).order_by("valid")
        self.managers = {each.person_id: each.formatted_name for each in managers}


def _ids(contexts: Iterable[Context], name: str) -> set[int]:
    return {found for each in contexts if (found := getattr(each, name)) is not None}


def _names(model: Any, ids: set[int], field: str) -> dict[int, str]:
    return dict(model.objects.filter(pk__in=ids).values_list("pk", field))


def _keys(model: Any, ids: set[int]) -> dict[int, str]:
    return dict(model.objects.filter(pk__in=ids).values_list("pk", "key"))
