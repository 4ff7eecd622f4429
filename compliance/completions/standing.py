"""The rules that stand, and what of courses completions depend on, as read from the database.

In: nothing, or ids of courses. Out: rules ready to be asked, in their order; courses. A process remembers
parsed rules for as long as no version was published and no rule was changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps

from compliance import conf
from compliance.completions.document import read
from compliance.completions.evaluate import CourseOf, CourseVersionOf, Standing
from compliance.models import CompletionRule, CompletionRuleVersion, Course, CourseVersion
from lrs import database


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules that stand."""

    revision: int
    by_store: dict[int | None, tuple[tuple[int, int, Standing], ...]]
    #: Of every version ever published: once looked at, the statements of a verb always are.
    verbs: frozenset[str]
    #: Whether a rule asks which source it was.
    name_sources: bool

    def of(self, store_id: int) -> list[Standing]:
        """Return the rules of a store, in their order."""
        found = [*self.by_store.get(store_id, ()), *self.by_store.get(None, ())]
        return [each[2] for each in sorted(found, key=lambda each: each[:2])]


_remembered: list[Rules] = []

_REVISION = """
SELECT coalesce(sum(
    hashtextextended(concat_ws('|', v.id, r.id, r.store_id, r."order", r.active), 0)), 0)::text
FROM compliance_completion_rule_version v JOIN compliance_completion_rule r ON r.id = v.rule_id
WHERE v.published IS NOT NULL
"""


def rules() -> Rules:
    """Return the rules that stand."""
    with database.binary_cursor() as cursor:
        cursor.execute(_REVISION, prepare=True)
        row = cursor.fetchone()
    revision = hash(row[0]) if row is not None else 0
    if not _remembered or _remembered[0].revision != revision:
        _remembered[:] = [_read(revision)]
    return _remembered[0]


def _read(revision: int) -> Rules:
    versions: dict[int, list[CompletionRuleVersion]] = {}
    for version in CompletionRuleVersion.objects.filter(published__isnull=False).order_by("-number"):
        versions.setdefault(version.rule_id, []).append(version)
    by_store: dict[int | None, list[tuple[int, int, Standing]]] = {}
    verbs: set[str] = set()
    name_sources = False
    for rule in CompletionRule.objects.filter(pk__in=versions):
        parsed = [(each, read(each.document)) for each in versions[rule.pk]]
        for _, meant in parsed:
            verbs |= meant.verbs
            name_sources = name_sources or meant.applies.sources is not None
        standing = Standing(
            rule.pk,
            tuple((each.pk, each.effective_from, each.effective_to, meant) for each, meant in parsed),
        )
        if rule.active:
            by_store.setdefault(rule.store_id, []).append((rule.order, rule.pk, standing))
    return Rules(
        revision, {store: tuple(found) for store, found in by_store.items()}, frozenset(verbs), name_sources
    )


def sources_of(store_id: int) -> dict[int, str]:
    """Return the names of a store's sources."""
    sources = apps.get_model("lrs", "Source").objects.filter(store=store_id)
    return dict(sources.values_list("pk", "name"))


def courses(course_ids: Collection[int]) -> dict[int, CourseOf]:
    """Return what completions depend on of courses."""
    versions: dict[int, list[CourseVersionOf]] = {}
    rows = CourseVersion.objects.filter(course__in=course_ids).order_by("effective_on", "pk")
    for each in rows:
        of = CourseVersionOf(each.pk, each.effective_on, each.credit_hours)
        versions.setdefault(each.course_id, []).append(of)
    return {
        each.pk: CourseOf(
            id=each.pk,
            code=each.code,
            kind=each.kind,
            credit_hours=each.credit_hours,
            same_within=conf.same_within()
            if each.same_within_hours is None
            else timedelta(hours=each.same_within_hours),
            versions=tuple(versions.get(each.pk, ())),
        )
        for each in Course.objects.filter(pk__in=course_ids)
    }


def forget() -> None:
    """Forget parsed rules."""
    _remembered.clear()


__all__: Sequence[str] = ["Rules", "courses", "forget", "rules", "sources_of"]
