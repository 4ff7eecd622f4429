"""Who is trained for what: everybody of a large organisation, on a day long past, in one question.

In: the hub's database with a roster (benchmarks.roster). Out: `Timing`: seconds to answer for every person
and every requirement as of a past day, as known now and as known then, and to fill the table of now. A third
of the people were transferred since they were hired; each completed twenty courses. The answer is counted by
state, so that all of it is worked out and none of it is sent.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg

from benchmarks.hub import STORE
from benchmarks.roster import JOBS, UNITS

REQUIREMENTS, COMPLETIONS = 50, 20
#: Days asked about: most of the history lies before the first, some of it after it.
ASKED = (date(2026, 6, 30), date(2025, 6, 30), date(2024, 6, 30))

_CONTEXTS = """
UPDATE connectors_work_assignment_version v SET recorded = tstzrange(lower(recorded), lower(recorded) +
interval '1 s') WHERE v.person_id % 3 = 0 AND upper_inf(v.recorded) AND lower(v.valid) < '2023-01-01'
RETURNING v.id
"""
_AGAIN = """
INSERT INTO connectors_work_assignment_version
    (valid, recorded, system_id, run_id, assignment_id, relationship_id, person_id, worker_type, status,
    "primary",
     title, job_id, unit_id, location_id, manager_id, position, full_time_equivalent, regulatory_classes)
SELECT CASE part WHEN 0 THEN tstzrange(lower(v.valid), '2024-03-01 00:00+00')
       ELSE tstzrange('2024-03-01 00:00+00', upper(v.valid)) END,
       tstzrange(upper(v.recorded), NULL), v.system_id, v.run_id, v.assignment_id, v.relationship_id,
       v.person_id, v.worker_type, v.status, v.primary, v.title, v.job_id, CASE part WHEN 0 THEN (SELECT u.id
       FROM connectors_organization_unit u
            WHERE u.store_id = %(store)s ORDER BY u.id OFFSET 7 LIMIT 1) ELSE v.unit_id END,
       v.location_id, v.manager_id, v.position, v.full_time_equivalent, v.regulatory_classes
FROM connectors_work_assignment_version v CROSS JOIN (VALUES (0), (1)) AS x (part)
WHERE v.id = ANY (%(ids)s)
"""
_COMPLETED = """
INSERT INTO compliance_completion (store_id, person_id, course_id, kind, completed_at, passed, recorded,
       withdrawn_why)
SELECT %(store)s, p.id, c.id, 'online',
       timestamptz '2022-01-01 09:00+00'
           + make_interval(days => ((p.id * 7919 + c.id * 104729 + n * 31) %% 1600)::integer),
       true, tstzrange('2020-01-01', NULL), ''
FROM connectors_person p
CROSS JOIN generate_series(1, %(each)s) AS g (n)
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
       FROM compliance_course WHERE store_id = %(store)s) c
  ON c.place = (p.id * 13 + n * 7) %% %(courses)s
WHERE p.store_id = %(store)s
"""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What it took, in seconds."""

    people: int
    requirements: int
    completions: int
    #: Pairs of person and requirement that applied on the days asked about.
    pairs: int
    #: One for each day asked about.
    asked: tuple[float, ...]
    rebuilt: float


def measure(*, hub: str) -> Timing:
    """Make requirements and completions for everybody of the roster; ask."""
    import django

    django.setup()
    from django.apps import apps
    from django.db import connection

    store = apps.get_model("lrs", "Store").objects.get(name=STORE)
    _fill(hub, store.pk)
    from compliance.status import keep, read

    timings, pairs = [], 0
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    for day in ASKED:
        began = time.perf_counter()
        counts = read.counts(store.pk, day)
        timings.append(time.perf_counter() - began)
        pairs = max(pairs, sum(sum(each.values()) for each in counts.values()))
    began = time.perf_counter()
    keep.rebuild(store.pk)
    rebuilt = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM connectors_person WHERE store_id = %s", [store.pk])
        people = cursor.fetchone()[0]
    return Timing(
        people=people,
        requirements=REQUIREMENTS,
        completions=people * COMPLETIONS,
        pairs=pairs,
        asked=tuple(timings),
        rebuilt=rebuilt,
    )


def _fill(hub: str, store_id: int) -> None:
    from compliance.models import Course

    for number in range(REQUIREMENTS):
        Course.objects.create(store_id=store_id, code=f"C{number:02}", title=f"Course {number}")
    from django.contrib.auth.models import User

    from compliance.requirements import lifecycle

    approver = User.objects.create_user("Status benchmark")
    for number in range(REQUIREMENTS):
        version = lifecycle.create(
            store_id, code=f"R{number:02}", title=f"Requirement {number}", document=_definition(number)
        )
        lifecycle.submit(version)
        lifecycle.approve(
            version, approved_by=approver, effective_from=date(2022, 1, 1) + timedelta(days=number * 9)
        )
    with psycopg.connect(hub) as connection:
        # History as a roster that was told for years would have left it; triggers hold it back otherwise.
        connection.execute("SET session_replication_role = replica")
        ids = [row[0] for row in connection.execute(_CONTEXTS)]
        connection.execute(_AGAIN, {"ids": ids, "store": store_id})
        connection.execute(_COMPLETED, {"store": store_id, "each": COMPLETIONS, "courses": REQUIREMENTS})
    with psycopg.connect(hub, autocommit=True) as connection:
        for table in ("compliance_completion", "connectors_work_assignment_version"):
            connection.execute(f"VACUUM (ANALYZE) {table}")


def _definition(number: int) -> dict[str, Any]:
    """Return one of fifty kinds: of every rule, group and interval there is."""
    course = {"course": f"C{number:02}"}
    other = {"course": f"C{(number + 1) % REQUIREMENTS:02}"}
    what = [course, course, {"all": [course, other]}, {"any": [course, other]}][number % 4]
    rule = [
        {"everybody": True},
        {"units": [f"D{number % 20}", f"D{(number + 5) % 20}"]},
        {"jobs": [f"J{each}" for each in range(number % JOBS, JOBS, 4)]},
        {"all": [{"worker_types": ["employee"]}, {"not": {"regulatory_classes": ["GMP"]}}]},
        {"any": [{"regulatory_classes": ["GMP"]}, {"units": [f"U{each}" for each in range(0, UNITS, 50)]}]},
    ][number % 5]
    every: dict[str, Any] = [
        {"count": 12, "unit": "months"},
        {"count": 3, "unit": "calendar_years"},
        {"count": 15, "unit": "calendar_months"},
        {"count": 365, "unit": "days"},
        {"count": 12, "unit": "months", "anchor": "due"},
    ][number * 3 % 5]
    return {"what": what, "for": rule, "when": {"within_days": 30, "every": every}, "grace_days": 14}
