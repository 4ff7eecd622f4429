"""How people stand under requirements: by person, everybody, matrix, gaps, forecast, a manager's team, and
who was qualified on the day of a task.

In: a day (`on`; it is answered as of its end, in UTC) and a moment of knowing (`known`). Out: JSON. Each list
is one question to the database for everybody.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from compliance.api import words
from compliance.api.requirements import of
from compliance.api.words import EXPLAINED, STANDING
from compliance.status import read
from compliance.status.standing import end_of
from connectors.api import names, parameters, person
from connectors.api.problems import wrong_parameter
from connectors.api.resource import KNOWN, Listing, Resource, answer, written

ON = parameters.day("on", "The day to answer for, as of its end in UTC; today where it is left out.")
_REQUIREMENT = parameters.identity("requirement", "Only this requirement.")
_COUNTS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "integer"}}


class _OnADay(Resource):
    """What is answered for a day."""

    @property
    def on(self) -> date:
        """The day asked for."""
        found: date = self.values.get("on", self.now.date())
        return found

    @property
    def moment(self) -> datetime:
        """The moment for which names are looked up."""
        return end_of(self.on)

    def requirements(self) -> list[int] | None:
        """Return the requirement asked for; None for all."""
        if "requirement" not in self.values:
            return None
        return [of(self, self.values["requirement"]).pk]

    def dated(self) -> dict[str, Any]:
        """Return for when the answer is."""
        return {"on": self.on.isoformat(), "known": written(self.known)}


class PersonStatus(_OnADay):
    """How one person stands."""

    parameters = {"GET": (ON, KNOWN, _REQUIREMENT)}
    answers = {
        "GET": {
            "type": "object",
            "required": ["status", "on", "known"],
            "properties": {
                "status": {"type": "array", "items": EXPLAINED},
                "on": words.DAY,
                "known": {"type": "string", "format": "date-time"},
            },
        }
    }

    def get(self, _request: Request, person_id: int) -> HttpResponse:
        """Tell how a person stands under everything that applies to them, with reasons and evidence.

        With `requirement`, that one, whether it applies or not.
        """
        found = person.of(self, person_id)
        if (elsewhere := person.elsewhere(self, found, "compliance-api:person-status")) is not None:
            return elsewhere
        store_id = self.caller.store_id
        wanted = self.requirements()
        if wanted is None:
            held = read.statuses(store_id, self.on, self.known, people=[found.pk])
            wanted = sorted({each.requirement_id for each in held})
        explained = [read.explain(store_id, found.pk, each, self.on, self.known) for each in wanted]
        return answer(
            {"status": [words.explanation(each, self.moment) for each in explained], **self.dated()}
        )


class Qualified(_OnADay):
    """Whether somebody was qualified on the day they did a task."""

    parameters = {"GET": (ON, KNOWN, _REQUIREMENT)}
    answers = {
        "GET": {
            "type": "object",
            "required": ["qualified_then", "qualified_now", "then", "now"],
            "properties": {
                "qualified_then": {"type": "boolean", "description": "As was known at the end of that day."},
                "qualified_now": {"type": "boolean", "description": "As is known now."},
                "then": EXPLAINED,
                "now": EXPLAINED,
            },
        }
    }

    def get(self, _request: Request, person_id: int) -> HttpResponse:
        """Tell whether a person was qualified for a task on a day: as known then, and as known now."""
        found = person.of(self, person_id)
        if (elsewhere := person.elsewhere(self, found, "compliance-api:qualified")) is not None:
            return elsewhere
        wanted = self.requirements()
        if wanted is None:
            raise wrong_parameter("requirement", "Say which requirement the task stands under.")
        known_then = self.values.get("known")
        both = read.was_qualified(self.caller.store_id, found.pk, wanted[0], self.on, known_then)
        return answer(
            {
                **{f"qualified_{name}": each.state in read.QUALIFIED for name, each in both.items()},
                **{name: words.explanation(each, self.moment) for name, each in both.items()},
                "on": self.on.isoformat(),
            }
        )


class Team(_OnADay):
    """How the people of a manager stand."""

    parameters = {
        "GET": (
            ON,
            KNOWN,
            parameters.flag("whole_line", "Also the people of their people, all the way down."),
        )
    }
    answers = {
        "GET": {
            "type": "object",
            "required": ["team"],
            "properties": {"team": {"type": "array", "items": STANDING}},
        }
    }

    def get(self, _request: Request, person_id: int) -> HttpResponse:
        """Tell how everybody stands who has this person as manager, the latest first."""
        found = person.of(self, person_id)
        if (elsewhere := person.elsewhere(self, found, "compliance-api:team")) is not None:
            return elsewhere
        lines = read.team(
            self.caller.store_id,
            found.pk,
            self.on,
            self.known,
            whole_line=self.values.get("whole_line", False),
        )
        lines = sorted(lines, key=lambda each: (each.due, each.person_id, each.requirement_id))
        return answer({"team": words.standings(lines, self.on, self.moment, self.known), **self.dated()})


class Matrix(_OnADay):
    """The training matrix."""

    parameters = {
        "GET": (
            ON,
            KNOWN,
            parameters.choice(
                "by", "Rows: roles, units or people.", ("job", "unit", "person"), default="job"
            ),
        )
    }
    answers = {
        "GET": {
            "type": "object",
            "required": ["by", "requirements", "rows"],
            "properties": {
                "by": {"type": "string"},
                "requirements": {"type": "array", "items": {"type": "object"}},
                "rows": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "of": {"type": ["object", "null"]},
                            "cells": {
                                "type": "object",
                                "description": "Requirement → state → people.",
                                "additionalProperties": _COUNTS,
                            },
                        },
                    },
                },
            },
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """Tell for each role (or unit, or person) and requirement how many people are in which state."""
        by = self.values.get("by", "job")
        found = read.matrix(self.caller.store_id, self.on, self.known, by=by)
        keys = [key for key in found if key is not None]
        if by == "person":
            called = names.people(keys, self.moment, self.known)
            of_row: dict[int, Any] = {key: {"id": key, "name": called.get(key, "")} for key in keys}
        else:
            of_row = names.things(by, keys, self.moment, self.known)
        asked = words.requirements({each for row in found.values() for each in row})
        return answer(
            {
                "by": by,
                "requirements": [asked[each] for each in sorted(asked)],
                "rows": [
                    {
                        "of": None if key is None else of_row.get(key),
                        "cells": {str(each): words.counted(cell) for each, cell in found[key].items()},
                    }
                    for key in sorted(found, key=lambda each: (each is None, each))
                ],
                **self.dated(),
            }
        )


class Forecast(_OnADay):
    """What falls due in which month."""

    parameters = {
        "GET": (
            ON,
            _REQUIREMENT,
            parameters.amount("months", "How many months, from that of the day on.", most=60, default=12),
        )
    }
    answers = {
        "GET": {
            "type": "object",
            "required": ["months"],
            "properties": {
                "months": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "month": {"type": "string"},
                            "due": {"type": "integer"},
                            "by_requirement": _COUNTS,
                        },
                    },
                }
            },
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """Tell how many people fall due in each month; what is late already counts in the first."""
        found = read.forecast(
            self.caller.store_id,
            self.on,
            self.values.get("months", 12),
            requirements=self.requirements(),
        )
        return answer(
            {
                "months": [
                    {
                        "month": f"{month:%Y-%m}",
                        "due": sum(row.values()),
                        "by_requirement": {str(each): number for each, number in row.items()},
                    }
                    for month, row in found
                ],
                "on": self.on.isoformat(),
            }
        )


class Gaps(Listing, _OnADay):
    """Who is not compliant."""

    name = "gaps"
    parameters = {
        "GET": (
            ON,
            KNOWN,
            _REQUIREMENT,
            parameters.amount("within_days", "Also who falls due within so many days.", most=3650, default=0),
        )
    }
    answers = {"GET": STANDING}

    def get(self, _request: Request) -> HttpResponse:
        """List who is overdue or in grace, the latest first."""
        found = read.gaps(
            self.caller.store_id,
            self.on,
            self.known,
            requirements=self.requirements(),
            within_days=self.values.get("within_days", 0),
        )
        start = self.after_id
        page = found[start : start + self.limit]
        lines = words.standings([each.standing for each in page], self.on, self.moment, self.known)
        for line, gap in zip(lines, page, strict=True):
            line["days_late"] = gap.days_late
        more = start + self.limit < len(found)
        return self.page(lines, [start + self.limit] if more else None, **self.dated())


class Status(Listing, _OnADay):
    """How everybody stands now."""

    name = "status"
    lines = 1_000
    lines_most = 10_000
    parameters = {"GET": (_REQUIREMENT,)}
    answers = {"GET": STANDING}

    def get(self, _request: Request) -> HttpResponse:
        """List how everybody stands today under everything that applies to them."""
        after = (int(self.after[0]), int(self.after[1])) if self.after else (0, 0)
        rows = read.now(
            self.caller.store_id, requirements=self.requirements(), after=after, most=self.limit + 1
        )
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        return self.page(
            words.standings(rows, self.on, self.now, self.now),
            [rows[-1].person_id, rows[-1].requirement_id] if more else None,
            on=self.on.isoformat(),
        )
