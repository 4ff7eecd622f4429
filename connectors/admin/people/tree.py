"""The organization as of a date: a tree that opens branch by branch, with what moved since another date.

In: a day, one to compare with, what was known, and the units that are open. Out: rows. A script fetches a
branch alone; without one each branch is a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from connectors.admin.people.base import PeopleAdmin, day_in, end_of, noon, number_in, store_of, today
from connectors.models import OrganizationUnit
from connectors.workforce import organization
from connectors.workforce.organization import UnitThen

#: Units that may be open at once, and rows of one branch.
OPEN_MOST = 200
ROWS_MOST = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """What is otherwise than on the day compared with."""

    text: str
    kind: str


@dataclass(slots=True)
class Row:
    """A unit in the tree."""

    unit: UnitThen
    depth: int
    is_open: bool
    #: The address that opens or closes it.
    turn: str
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at."""

    day: date
    since: date | None
    known: date | None
    opened: frozenset[int]

    def query(self, opened: frozenset[int]) -> str:
        """Return the address with other units open."""
        values = {
            "at": self.day.isoformat(),
            "since": self.since.isoformat() if self.since else "",
            "known": self.known.isoformat() if self.known else "",
            "open": ",".join(str(each) for each in sorted(opened)),
        }
        return "?" + urlencode({name: each for name, each in values.items() if each})


@admin.register(OrganizationUnit)
class TreeAdmin(PeopleAdmin):
    """Units."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.tree, "connectors_organizationunit_changelist"),
            self.route("branch", self.branch, "connectors_organizationunit_branch"),
        ]

    def tree(self, request: HttpRequest) -> HttpResponse:
        """The tree, with the branches that are open."""
        self.must_view(request)
        chosen = store_of(request)
        if chosen["store"] is None:
            return self.page(request, "empty.html", {}, title="Organization")
        asked = _asked(request)
        units, before = _both(chosen["store"].pk, asked)
        rows: list[Row] = []
        # Cost centres and the like stand beside the organization, with nothing below them.
        tops = sorted(organization.roots(units), key=lambda each: not units[each].children)
        trees = [each for each in tops if units[each].children]
        if not asked.opened and "open" not in request.GET and len(trees) == 1:
            asked = Asked(asked.day, asked.since, asked.known, frozenset(trees))
        for each in tops[:ROWS_MOST]:
            _add(rows, each, 0, asked, units, before)
        context = {
            **chosen,
            "asked": asked,
            "rows": rows,
            "gone": [before[each] for each in before if each not in units][:50] if asked.since else [],
            "people": sum(units[each].whole for each in tops),
            "count": len(units),
            "today": today(),
        }
        return self.page(request, "tree.html", context, title="Organization")

    def branch(self, request: HttpRequest) -> HttpResponse:
        """The rows below one unit, for the script."""
        self.must_view(request)
        chosen = store_of(request)
        unit = number_in(request.GET.get("unit", ""))
        depth = min(number_in(request.GET.get("depth", "")) or 0, 50)
        rows: list[Row] = []
        asked = _asked(request)
        if chosen["store"] is not None and unit is not None:
            units, before = _both(chosen["store"].pk, asked)
            if unit in units:
                for each in organization.ordered(units, units[unit].children)[:ROWS_MOST]:
                    _add(rows, each, depth + 1, asked, units, before)
        return TemplateResponse(
            request, "connectors/admin/people/tree_rows.html", {"rows": rows, "asked": asked}
        )


def _asked(request: HttpRequest) -> Asked:
    opened = [number_in(each) for each in request.GET.get("open", "").split(",")[:OPEN_MOST]]
    return Asked(
        day_in(request.GET.get("at", "")) or today(),
        day_in(request.GET.get("since", "")),
        day_in(request.GET.get("known", "")),
        frozenset(each for each in opened if each is not None),
    )


def _both(store_id: int, asked: Asked) -> tuple[Mapping[int, UnitThen], Mapping[int, UnitThen]]:
    known = None if asked.known is None else end_of(asked.known)
    units = organization.units_at(store_id, noon(asked.day), known)
    before = organization.units_at(store_id, noon(asked.since), known) if asked.since else {}
    return units, before


def _add(
    rows: list[Row],
    unit_id: int,
    depth: int,
    asked: Asked,
    units: Mapping[int, UnitThen],
    before: Mapping[int, UnitThen],
) -> None:
    unit = units[unit_id]
    is_open = unit_id in asked.opened and bool(unit.children)
    turned = asked.opened ^ {unit_id}
    row = Row(unit, depth, is_open, asked.query(turned))
    if asked.since:
        row.marks = _marks(unit, before.get(unit_id), before)
    rows.append(row)
    # A ring of parents would go round for ever; nobody's tree is that deep.
    if is_open and depth < 50:
        for each in organization.ordered(units, unit.children)[:ROWS_MOST]:
            _add(rows, each, depth + 1, asked, units, before)


def _marks(unit: UnitThen, then: UnitThen | None, before: Mapping[int, UnitThen]) -> list[Mark]:
    if then is None:
        return [Mark("new", "good")]
    found = []
    if then.parent_id != unit.parent_id:
        above: Any = before.get(then.parent_id or 0)
        found.append(Mark(f"moved from {above.name if above else 'the top'}", "warn"))
    if then.name != unit.name:
        found.append(Mark(f"was {then.name}", "warn"))
    if then.whole != unit.whole:
        found.append(Mark(f"{unit.whole - then.whole:+d} people", ""))
    return found
