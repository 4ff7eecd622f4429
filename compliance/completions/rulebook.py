"""Rules, from a draft to what stands.

In: documents. Out: published versions, and the work that makes completions follow. A version that is
published never changes; another one takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from compliance.completions import outcomes, rework, standing
from compliance.completions.document import Problem, problems, read
from compliance.errors import ComplianceError
from compliance.models import CompletionRule, CompletionRuleVersion, Rework


class NotSound(ComplianceError):
    """A rule document cannot be used."""

    def __init__(self, found: list[Problem]) -> None:
        first = found[0]
        super().__init__(f"{first.pointer or 'The document'}: {first.message}")
        self.problems = found


@transaction.atomic
def draft(
    rule: CompletionRule,
    document: Mapping[str, Any],
    *,
    effective_from: date | None = None,
    effective_to: date | None = None,
    note: str = "",
) -> CompletionRuleVersion:
    """Add a version that counts for nothing yet, or change the one there is. Raises NotSound."""
    _check(document)
    _check_period(effective_from, effective_to)
    CompletionRule.objects.select_for_update().get(pk=rule.pk)
    newest = rule.versions.order_by("-number").first()
    if newest is not None and newest.published is None:
        version = newest
    else:
        version = CompletionRuleVersion(rule=rule, number=1 if newest is None else newest.number + 1)
    version.document, version.note = dict(document), note
    version.effective_from, version.effective_to = effective_from, effective_to
    version.save()
    return version


@transaction.atomic
def publish(version: CompletionRuleVersion, *, by_id: int | None = None) -> None:
    """Let a version stand; completions follow. Raises ComplianceError where it stands already, NotSound."""
    # Nobody may keep outcomes by the rules as they were once the work below looks for what was left out.
    outcomes.alone()
    held = CompletionRuleVersion.objects.select_for_update().select_related("rule").get(pk=version.pk)
    if held.published is not None:
        raise ComplianceError("This version stands already; add another one.")
    _check(held.document)
    known = standing.rules().verbs
    held.published, held.published_by_id = timezone.now(), by_id
    held.save(update_fields=["published", "published_by"])
    stores = _stores(held.rule)
    why = f"the rule “{held.rule.name}” changed (version {held.number})"
    meant = read(held.document)
    Rework.objects.bulk_create(
        Rework(store_id=store, verb=verb, why=why)
        for verb in sorted(meant.verbs - known)
        for store in apps.get_model("lrs", "Store").objects.order_by("pk").values_list("pk", flat=True)
    )
    rework.request(stores, why, courses=_courses(held))


@transaction.atomic
def change(rule: CompletionRule, *, order: int, active: bool, name: str) -> None:
    """Move a rule, or switch it on or off; completions follow."""
    outcomes.alone()
    held = CompletionRule.objects.select_for_update().get(pk=rule.pk)
    touches = (held.order, held.active) != (order, active)
    held.order, held.active, held.name = order, active, name
    held.save(update_fields=["order", "active", "name"])
    if touches and held.versions.filter(published__isnull=False).exists():
        rework.request(_stores(held), f"the rule “{held.name}” was moved or switched")


def _stores(rule: CompletionRule) -> list[int]:
    if rule.store_id is not None:
        return [rule.store_id]
    return list(apps.get_model("lrs", "Store").objects.order_by("pk").values_list("pk", flat=True))


def _courses(version: CompletionRuleVersion) -> list[str] | None:
    """Return the codes of the courses a new version can matter to; None for all."""
    codes: set[str] = set()
    for each in version.rule.versions.filter(published__isnull=False):
        named = each.document.get("applies", {}).get("courses")
        if named is None:
            return None
        codes.update(named)
    return sorted(codes)


def _check(document: Mapping[str, Any]) -> None:
    found = problems(document)
    if found:
        raise NotSound(found)


def _check_period(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and last < first:
        raise ComplianceError("The last day is before the first.")
