"""`completions`: who completed what, as of a moment, as known at another; `completion-rules`: by which rules.

In: filters. Out: completions in the order of their ids, each with the statements it stands on.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from compliance.api.base import ComplianceListing
from compliance.completions import read
from compliance.models import Completion, CompletionRuleVersion
from connectors.api import parameters
from connectors.api.resource import AT, KNOWN, written

_COMPLETION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "person", "course", "completed_at", "recorded_from", "statements"],
    "properties": {
        **{name: {"type": "integer"} for name in ("id", "person", "course")},
        "code": {"type": "string"},
        "version": {"type": ["string", "null"]},
        "kind": {"type": "string"},
        "completed_at": {"type": "string", "format": "date-time"},
        "passed": {"type": ["boolean", "null"]},
        "score": {"type": ["number", "null"]},
        "credit_hours": {"type": ["string", "null"]},
        "rule": {"type": ["string", "null"]},
        "recorded_from": {"type": "string", "format": "date-time"},
        "recorded_to": {"type": ["string", "null"], "format": "date-time"},
        "withdrawn_why": {"type": "string"},
        "statements": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "source": {"type": "integer"},
                    "voided": {"type": "boolean"},
                },
            },
        },
    },
}


class Completions(ComplianceListing):
    """Completions of a store."""

    name = "completions"
    permission = "compliance.view_completion"
    parameters = {
        "GET": (
            parameters.identity("person", "Only of this person, and of those merged into them."),
            parameters.identity("course", "Only of this course."),
            parameters.flag("superseded", "Also what was believed earlier and is known better since."),
            AT,
            KNOWN,
        )
    }
    answers = {"GET": _COMPLETION}

    def get(self, _request: Request) -> HttpResponse:
        """List completions."""
        rows = Completion.objects.filter(
            store=self.caller.store_id, pk__gt=self.after_id, completed_at__lte=self.at
        )
        if self.values.get("superseded", False):
            rows = rows.filter(recorded__startswith__lte=self.known)
        else:
            rows = rows.filter(recorded__contains=self.known)
        if "person" in self.values:
            wanted = self.values["person"]
            rows = rows.filter(person=wanted) | rows.filter(person__merged_into=wanted)
        if "course" in self.values:
            rows = rows.filter(course=self.values["course"])
        found = list(
            rows.order_by("pk").select_related("course", "version", "rule_version__rule")[: self.limit + 1]
        )
        more = len(found) > self.limit
        found = found[: self.limit]
        statements: dict[int, list[dict[str, Any]]] = {}
        for each in read.evidence([row.pk for row in found]):
            said = {"id": str(each.statement_id), "source": each.source_id, "voided": each.voided}
            statements.setdefault(each.completion_id, []).append(said)
        lines = [{**_described(each), "statements": statements.get(each.pk, [])} for each in found]
        moments = {"at": self.at.isoformat(), "known": self.known.isoformat()}
        return self.page(lines, [found[-1].pk] if more else None, **moments)


class CompletionRules(ComplianceListing):
    """The rules by which statements become completions."""

    name = "completion-rules"
    permission = "compliance.view_completionrule"
    parameters = {"GET": ()}
    answers = {
        "GET": {
            "type": "object",
            "required": ["id", "code", "name", "order", "active", "number", "document"],
            "properties": {
                **{name: {"type": "integer"} for name in ("id", "order", "number")},
                **{name: {"type": "string"} for name in ("code", "name", "note")},
                "active": {"type": "boolean"},
                "store": {"type": ["integer", "null"]},
                "document": {"type": "object"},
                "effective_from": {"type": ["string", "null"], "format": "date"},
                "effective_to": {"type": ["string", "null"], "format": "date"},
                "published": {"type": "string", "format": "date-time"},
            },
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """List the published versions of the rules of this store and of all stores."""
        rows = CompletionRuleVersion.objects.filter(published__isnull=False, pk__gt=self.after_id)
        rows = rows.filter(rule__store=None) | rows.filter(rule__store=self.caller.store_id)
        found = list(rows.order_by("pk").select_related("rule")[: self.limit + 1])
        more = len(found) > self.limit
        found = found[: self.limit]
        lines = [
            {
                "id": each.pk,
                "code": each.rule.code,
                "name": each.rule.name,
                "store": each.rule.store_id,
                "order": each.rule.order,
                "active": each.rule.active,
                "number": each.number,
                "document": each.document,
                "effective_from": each.effective_from,
                "effective_to": each.effective_to,
                "note": each.note,
                "published": written(each.published),
            }
            for each in found
        ]
        return self.page(lines, [found[-1].pk] if more else None)


def _described(row: Completion) -> dict[str, Any]:
    rule = row.rule_version
    return {
        "id": row.pk,
        "person": row.person_id,
        "course": row.course_id,
        "code": row.course.code,
        "version": None if row.version is None else row.version.label,
        "kind": row.kind,
        "completed_at": written(row.completed_at),
        "passed": row.passed,
        "score": row.score,
        "credit_hours": None if row.credit_hours is None else str(row.credit_hours),
        "rule": None if rule is None else f"{rule.rule.code}/{rule.number}",
        "recorded_from": written(row.recorded.lower),
        "recorded_to": written(row.recorded.upper),
        "withdrawn_why": row.withdrawn_why,
    }
