"""What filters offer to somebody: only what lies within what they may see.

In: a store and a scope. Out: pairs of id and text. Of people only as many as fit a page.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from compliance.access.scope import Scope, scope_of
from compliance.models import Course, Requirement
from compliance.reports.runs import PULL
from connectors.models import OrganizationUnit

#: People offered at once.
PEOPLE_MOST = 50

Choice = tuple[int, str]
_PEOPLE = """
    SELECT DISTINCT ON (v.formatted_name, p.id) p.id, v.formatted_name
    FROM connectors_person p JOIN connectors_person_version v ON v.person_id = p.id
    WHERE p.store_id = %s AND p.merged_into_id IS NULL AND upper_inf(v.recorded)
      AND v.formatted_name ILIKE %s AND {visible}
    ORDER BY v.formatted_name, p.id LIMIT {most}
"""
_UNITS = """
    SELECT t.unit_id, cardinality(t.path), coalesce(v.name, u.key), (
        SELECT array_agg(coalesce(w.name, o.key) ORDER BY i)
        FROM unnest(t.path) WITH ORDINALITY AS s (id, i) JOIN connectors_organization_unit o ON o.id = s.id
        LEFT JOIN connectors_organization_unit_version w
          ON w.unit_id = s.id AND w.valid @> now() AND upper_inf(w.recorded)) AS way
    FROM connectors_unit_path t JOIN connectors_organization_unit u ON u.id = t.unit_id
    LEFT JOIN connectors_organization_unit_version v
      ON v.unit_id = u.id AND v.valid @> now() AND upper_inf(v.recorded)
    WHERE u.store_id = %s AND t.valid @> now() AND upper_inf(t.recorded)
      AND (%s::boolean OR t.path && %s::bigint[])
    ORDER BY way, t.unit_id
"""


def stores(user: User) -> list[Choice]:
    """Return the stores of which somebody may see anything."""
    scope = scope_of(user, PULL)
    rows = apps.get_model("lrs", "Store").objects.order_by("name")
    if not scope.everything:
        of_units = OrganizationUnit.objects.filter(pk__in=scope.units).values_list("store_id", flat=True)
        rows = rows.filter(pk__in={*scope.stores, *of_units})
    return [(each.pk, each.name) for each in rows]


def people(store_id: int, scope: Scope, wanted: str) -> list[Choice]:
    """Return people whose name holds some letters."""
    letters = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")
    question = _PEOPLE.format(visible=scope.condition("p.id"), most=PEOPLE_MOST)
    with connection.cursor() as cursor:
        # What stands in the condition are numbers; a percent sign there is none.
        cursor.execute(question, [store_id, f"%{letters}%"])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def units(store_id: int, scope: Scope) -> list[Choice]:
    """Return the tree of units as a list, each deeper one further in."""
    whole = scope.everything or store_id in scope.stores
    with connection.cursor() as cursor:
        cursor.execute(_UNITS, [store_id, whole, list(scope.units)])
        return [(unit, "\u2003" * (depth - 1) + name) for unit, depth, name, _ in cursor.fetchall()]


def courses(store_id: int) -> list[Choice]:
    """Return the courses of a store."""
    return [(each.pk, str(each)) for each in Course.objects.filter(store_id=store_id).order_by("code")]


def requirements(store_id: int) -> list[Choice]:
    """Return the requirements of a store."""
    return [(each.pk, str(each)) for each in Requirement.objects.filter(store_id=store_id).order_by("code")]
