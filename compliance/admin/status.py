"""Who is trained: the training matrix, the people behind each of its cells, gaps, what falls due, one person.

In: a store, a day (answered as of its end, in UTC) and a moment of knowing, both in the address. Out: pages.
Each asks compliance.status.read one question for everybody the user may see. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.timezone import make_aware

from compliance.access import restricted
from compliance.access.scope import VIEW_PEOPLE
from compliance.admin.base import LookOnlyPages, store_of
from compliance.api import words
from compliance.models import Requirement, Status
from compliance.status import read
from compliance.status.standing import State, end_of
from connectors import visible
from connectors.api import names
from connectors.models import Person
from lrs.admin import chart

GROUP = "Requirements"
MENU = [("Who is trained", "how_to_reg", "admin:compliance_status_changelist", "compliance.view_status")]

#: Lines of a page; what is beyond is counted, and reports list it.
LINES = 200
#: State → what a person reads, and how it is marked.
STATES: Mapping[State, tuple[str, str]] = {
    State.COMPLIANT: ("compliant", "good"),
    State.WAIVED: ("waived", ""),
    State.DUE: ("due", ""),
    State.IN_GRACE: ("in grace", "warn"),
    State.OVERDUE: ("overdue", "bad"),
    State.NOT_REQUIRED: ("not required", ""),
}
_BY = {"unit": "Units", "job": "Jobs"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks about."""

    store_id: int
    day: date
    #: None: as is known now.
    known: datetime | None
    said: Mapping[str, str]

    @property
    def as_known(self) -> datetime:
        """The moment of knowing."""
        return self.known or timezone.now()

    def link(self, name: str, *arguments: Any, **more: Any) -> str:
        """Return the address of another page about the same day."""
        query = {key: value for key, value in {**self.said, **more}.items() if value not in ("", None)}
        return f"{reverse(f'admin:compliance_status_{name}', args=arguments)}?{urlencode(query)}"

    def number(self, request: HttpRequest, name: str) -> int | None:
        """Return an id in the address."""
        text = request.GET.get(name, "")
        return int(text) if text.isdigit() and len(text) < 19 else None


@admin.register(Status)
class StatusAdmin(LookOnlyPages):
    """Pages about who is trained."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.matrix, "compliance_status_changelist"),
            self.route("people/", self.people, "compliance_status_people"),
            self.route("gaps/", self.gaps, "compliance_status_gaps"),
            self.route("forecast/", self.forecast, "compliance_status_forecast"),
            self.route("person/<int:person_id>/", self.person, "compliance_status_person"),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may look at both statuses and people."""
        return super().has_view_permission(request, obj) and request.user.has_perm(VIEW_PEOPLE)

    def matrix(self, request: HttpRequest) -> HttpResponse:
        """For each unit or job and each requirement: how many are trained, of how many."""
        asked, context = self._asked(request)
        by = request.GET.get("by", "unit")
        by = by if by in _BY else "unit"
        context |= {"by": by, "kinds": [(key, text, key == by) for key, text in _BY.items()]}
        if asked is not None:
            context |= _matrix(asked, by)
        return self.page(request, "status/matrix.html", context, title="Who is trained")

    def people(self, request: HttpRequest) -> HttpResponse:
        """The people behind a cell: under one requirement, of a unit or a job, in a state."""
        asked, context = self._asked(request)
        if asked is None:
            raise Http404
        requirement = _requirement(asked, request)
        found = read.statuses(
            asked.store_id, asked.day, asked.known, people=_seen(asked), requirements=[requirement.pk]
        )
        state = request.GET.get("state", "")
        for column in ("unit", "job"):
            if (wanted := asked.number(request, column)) is not None:
                found = [each for each in found if getattr(each, f"{column}_id") == wanted]
        if state in set(State):
            found = [each for each in found if each.state(asked.day) == state]
        found.sort(key=lambda each: (each.due, each.person_id))
        context |= {
            "requirement": requirement,
            "state": state,
            "states": [(each.value, text) for each, (text, _) in STATES.items() if each != "not_required"],
            **_lines(asked, found),
            "hidden": {key: request.GET.get(key, "") for key in ("requirement", "unit", "job")},
        }
        return self.page(request, "status/people.html", context, title=str(requirement))

    def gaps(self, request: HttpRequest) -> HttpResponse:
        """Who is overdue or in grace, the latest first, and who falls due soon."""
        asked, context = self._asked(request)
        within = min(asked.number(request, "within") or 0, 3650) if asked is not None else 0
        context |= {"within": within}
        if asked is not None:
            wanted = asked.number(request, "requirement")
            found = read.gaps(
                asked.store_id,
                asked.day,
                asked.known,
                people=_seen(asked),
                requirements=None if wanted is None else [wanted],
                within_days=within,
            )
            context |= {
                "wanted": wanted,
                "requirements": Requirement.objects.filter(store=asked.store_id).order_by("code"),
                **_lines(asked, [each.standing for each in found], [each.days_late for each in found]),
            }
        return self.page(request, "status/gaps.html", context, title="Gaps")

    def forecast(self, request: HttpRequest) -> HttpResponse:
        """How many fall due in each of the next twelve months."""
        asked, context = self._asked(request)
        if asked is not None:
            found = read.forecast(asked.store_id, asked.day, people=_seen(asked))
            called = words.requirements({each for _, row in found for each in row})
            series = [
                chart.Series(each["code"], [row.get(key, 0) for _, row in found])
                for key, each in called.items()
            ]
            labels = [f"{month:%Y-%m}" for month, _ in found]
            context |= {
                "chart": chart.columns(
                    labels, chart.largest(series), ticks=labels, title="People who fall due, by month"
                ),
                "series": chart.largest(series),
                "months": [(label, sum(row.values())) for label, (_, row) in zip(labels, found, strict=True)],
            }
        return self.page(request, "status/forecast.html", context, title="What falls due")

    def person(self, request: HttpRequest, person_id: int) -> HttpResponse:
        """How one person stands under everything that applies to them, with the reasons and the evidence."""
        asked, context = self._asked(request)
        row = Person.objects.filter(pk=person_id).first()
        if asked is None or row is None or row.store_id != asked.store_id:
            raise Http404
        root = row.merged_into_id or row.pk
        held = read.statuses(asked.store_id, asked.day, asked.known, people=[root])
        explained = [
            words.explanation(
                read.explain(asked.store_id, root, each, asked.day, asked.known), end_of(asked.day)
            )
            for each in sorted({line.requirement_id for line in held})
        ]
        team = read.team(asked.store_id, root, asked.day, asked.known)
        seen = visible.only({each.person_id for each in team})
        seen -= restricted.of(seen)
        called = names.people([root], end_of(asked.day), asked.as_known)
        context |= {
            "person": row,
            "restricted": bool(restricted.of([root])),
            "name": called.get(root, ""),
            "explained": [{**each, "marked": _marked(each["state"])} for each in explained],
            "then": _as_known_then(asked, root),
            "team": _lines(asked, [each for each in team if each.person_id in seen])["rows"],
        }
        return self.page(request, "status/person.html", context, title=called.get(root) or "Person")

    def _asked(self, request: HttpRequest) -> tuple[Asked | None, dict[str, Any]]:
        """Return what is asked, None where there is no store yet, and what every page shows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = store_of(request)
        on, known = (_day(request.GET.get(name, "")) for name in ("on", "known"))
        today = timezone.now().date()
        context = {**chosen, "on": on or today, "known": known}
        if chosen["store"] is not None:
            context["left_out"] = len(visible.only(restricted.in_store(chosen["store"].pk)))
        if chosen["store"] is None:
            return None, context
        said = {
            "store": str(chosen["store"].pk),
            "on": on.isoformat() if on else "",
            "known": known.isoformat() if known else "",
        }
        moment = make_aware(datetime.combine(known, time.max)) if known else None
        asked = Asked(chosen["store"].pk, on or today, moment, said)
        tabs = [("changelist", "Matrix"), ("gaps", "Gaps"), ("forecast", "Falling due")]
        here = request.resolver_match.url_name if request.resolver_match else ""
        return asked, {
            **context,
            "tabs": [(asked.link(name), text, here == f"compliance_status_{name}") for name, text in tabs],
        }


def _matrix(asked: Asked, by: str) -> dict[str, Any]:
    found = read.matrix(asked.store_id, asked.day, asked.known, by=by, people=_seen(asked))
    keys = [key for key in found if key is not None]
    called = names.things(by, keys, end_of(asked.day), asked.as_known)
    columns = sorted(
        words.requirements({each for row in found.values() for each in row}).values(),
        key=lambda each: each["code"],
    )
    rows = []
    for key, cells in found.items():
        thing = called.get(key or 0) or {}
        rows.append(
            {
                "name": thing.get("name") or thing.get("key") or "(none)",
                "code": thing.get("key", ""),
                "late": sum(
                    cell.get(state, 0) for cell in cells.values() for state in (State.OVERDUE, State.IN_GRACE)
                ),
                "cells": [_cell(asked, by, key, each["id"], cells.get(each["id"], {})) for each in columns],
            }
        )
    rows.sort(key=lambda each: (-each["late"], each["name"]))
    return {"columns": columns, "rows": rows[:LINES], "count": len(rows), "more": max(0, len(rows) - LINES)}


def _cell(
    asked: Asked, by: str, key: int | None, requirement_id: int, states: Mapping[State, int]
) -> dict[str, Any]:
    people = sum(states.values())
    fit = sum(number for state, number in states.items() if state in read.QUALIFIED)
    late = states.get(State.OVERDUE, 0) + states.get(State.IN_GRACE, 0)
    return {
        "people": people,
        "fit": fit,
        "late": late,
        "mark": "bad" if states.get(State.OVERDUE) else "warn" if fit < people else "good",
        "said": ", ".join(f"{number} {STATES[state][0]}" for state, number in sorted(states.items())),
        "link": "" if key is None else asked.link("people", requirement=requirement_id, **{by: key}),
    }


def _lines(asked: Asked, found: Sequence[read.Standing], late: Sequence[int] | None = None) -> dict[str, Any]:
    """Return the first lines of a list, ready to be shown, and how many there are."""
    shown = found[:LINES]
    rows = [
        {
            **line,
            "person_id": line["person"]["id"],
            "marked": _marked(line["state"]),
            "link": asked.link("person", line["person"]["id"]),
        }
        for line in words.standings(shown, asked.day, end_of(asked.day), asked.as_known)
    ]
    if late is not None:
        rows = [{**row, "days_late": days} for row, days in zip(rows, late, strict=False)]
    return {"rows": rows, "count": len(found), "more": max(0, len(found) - LINES)}


def _as_known_then(asked: Asked, person_id: int) -> list[dict[str, Any]]:
    """Return under which requirements the answer for the day is another one than was known at its end."""
    if asked.known is not None or asked.day >= timezone.now().date():
        return []
    moment = end_of(asked.day)
    before, now = (
        {each.requirement_id: each.state(asked.day) for each in found}
        for found in (
            read.statuses(asked.store_id, asked.day, moment, people=[person_id]),
            read.statuses(asked.store_id, asked.day, people=[person_id]),
        )
    )
    changed = [each for each in sorted({*before, *now}) if before.get(each) != now.get(each)]
    called = words.requirements(changed)
    return [
        {
            "requirement": called[each],
            "then": _marked(before.get(each, State.NOT_REQUIRED)),
            "now": _marked(now.get(each, State.NOT_REQUIRED)),
        }
        for each in changed
    ]


def _seen(asked: Asked) -> list[int] | None:
    """Return the people the user may see, without those whose data is restricted; None for everybody."""
    hidden = restricted.in_store(asked.store_id)
    if visible.LIMIT.get() is None and not hidden:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM connectors_person p WHERE p.store_id = %s"  # noqa: S608  numbers of our own
            f" AND p.merged_into_id IS NULL AND {visible.condition('p.id')}",
            [asked.store_id],
        )
        return [row[0] for row in cursor.fetchall() if row[0] not in hidden]


def _requirement(asked: Asked, request: HttpRequest) -> Requirement:
    found = Requirement.objects.filter(
        store=asked.store_id, pk=asked.number(request, "requirement") or 0
    ).first()
    if found is None:
        raise Http404
    return found


def _marked(state: str) -> dict[str, str]:
    text, mark = STATES[State(state)]
    return {"text": text, "mark": mark}


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
