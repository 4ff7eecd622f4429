"""The consumers of the feed, each run alone over what is stored; the proof log reads it as one of them.

In: a filled store and no Celery worker. Out: statements a second for each consumer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping


def measure(*, most: int) -> Mapping[str, float]:
    """Send each consumer back to the start and hand it about `most` statements."""
    from django.db import connection

    from lrs import feed

    _make_courses()
    rates = {}
    # Completions come after the contexts: by then it is known whose they are.
    for name in sorted(feed.names(), key=lambda name: (name.startswith("compliance."), name)):
        feed.replay(name)
        handed, began = 0, time.perf_counter()
        while handed < most and (count := feed.run(name, batches=1)):
            handed += count
        if handed:
            rates[name] = handed / (time.perf_counter() - began)
    rates["compliance.proof"] = prove(most=most)
    connection.close()
    return rates


def prove(*, most: int) -> float:
    """Log about `most` statements and publish them under a checkpoint; return statements a second."""
    from compliance.proof import publish, sequence

    began = time.perf_counter()
    logged = sequence.run(batches=max(1, most // sequence.BATCH))
    publish.publish(now=True)
    return logged / (time.perf_counter() - began)


def _make_courses() -> None:
    """Have every module of the sample be of a course, so that each result somebody reports counts."""
    from django.apps import apps
    from django.db import connection

    from benchmarks import hub, sample

    store = apps.get_model("lrs", "Store").objects.get(name=hub.STORE).pk
    modules = [
        (f"BENCH-{course}", sample.module_id(course, module))
        for course in range(sample.COURSES)
        for module in range(sample.MODULES)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO compliance_course (store_id, code, title, description, kind)"
            " SELECT %s, u.code, u.code, '', 'online' FROM (SELECT DISTINCT unnest(%s::text[]) AS code) u"
            " ON CONFLICT DO NOTHING",
            [store, [code for code, _ in modules]],
        )
        cursor.execute(
            "INSERT INTO compliance_course_activity (course_id, store_id, iri)"
            " SELECT c.id, c.store_id, u.iri FROM unnest(%s::text[], %s::text[]) AS u (code, iri)"
            " JOIN compliance_course c ON c.code = u.code AND c.store_id = %s ON CONFLICT DO NOTHING",
            [[code for code, _ in modules], [iri for _, iri in modules], store],
        )
        # Nothing was reported of them yet.
        cursor.execute("UPDATE compliance_rework SET finished = now() WHERE finished IS NULL")
        cursor.execute("ANALYZE compliance_course, compliance_course_activity")


def follow_changes() -> float:
    """Have every consumer of workforce changes follow what the roster changed; return changes a second."""
    from django.db import connection

    from connectors import changes

    began = time.perf_counter()
    followed = sum(changes.run(name) for name in changes.names())
    connection.close()
    return followed / (time.perf_counter() - began)


def together(rates: Mapping[str, float]) -> float:
    """Return the rate of all consumers run one after the other."""
    return 1 / sum(1 / rate for rate in rates.values()) if rates else 0.0
