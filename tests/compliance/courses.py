"""Courses, what is learned of them and what became of that, in tests of compliance."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from django.db import connection

from compliance.completions import consume, follow, rework, rulebook
from compliance.models import Completion, CompletionRule, Course, CourseActivity, CourseVersion
from connectors import changes
from connectors.enrichment import consume as enrichment
from connectors.enrichment import follow as workforce
from connectors.models import System
from lrs import feed
from tests.connectors.learning import academy
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub, Xapi, nothing_held_back
from tests.statements import activity, statement

Json = dict[str, Any]

ANN = {"mbox": "mailto:ann.21001@example.com"}
BEA = {"mbox": "mailto:ann.21002@example.com"}
FORKLIFT = activity("forklift-safety")["id"]


def hired(hub: Hub, *keys: str) -> tuple[Xapi, System]:
    """Return Moodle and Workday of one store; Workday knows Ann (21001), or whom the keys name."""
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, *(ann(key) for key in keys or ("21001",)))
    return moodle, workday


def course(store_id: int, code: str = "FORK-1", *iris: str, **fields: Any) -> Course:
    """Return a new course, with the activities by which statements name it."""
    made = Course.objects.create(store_id=store_id, code=code, title=f"Course {code}", **fields)
    for iri in iris:
        CourseActivity.objects.create(course=made, store_id=store_id, iri=iri)
    return made


def version(of: Course, label: str, effective_on: str, **fields: Any) -> CourseVersion:
    """Return a new version of a course."""
    return CourseVersion.objects.create(
        course=of, label=label, effective_on=date.fromisoformat(effective_on), **fields
    )


def rule(
    store_id: int, document: Json, *, code: str = "ours", order: int = 10, **fields: Any
) -> CompletionRule:
    """Return a new rule of a store, published."""
    made = CompletionRule.objects.create(store_id=store_id, code=code, name=code, order=order)
    rulebook.publish(rulebook.draft(made, document, **fields))
    return made


def did(
    caller: Xapi, verb: str, on: str = "2026-02-10", *, who: Json = ANN, what: str = FORKLIFT, **more: Any
) -> str:
    """Post that somebody did something on a day, or at a moment; return the statement's id."""
    moment = on if "T" in on else f"{on}T10:00:00Z"
    said = statement(
        actor=who,
        verb={"id": verb if ":" in verb else f"http://adlnet.gov/expapi/verbs/{verb}"},
        object=more.pop("object", {"id": what}),
        timestamp=moment,
        **more,
    )
    [posted] = caller.store(said)
    return posted


def caught_up() -> None:
    """Let statements, identities and the catalogue be followed to the end."""
    nothing_held_back()
    until = time.monotonic() + 60
    while True:
        assert time.monotonic() < until, "something holds the feed back"
        done = feed.run(enrichment.CONSUMER) + feed.run(consume.CONSUMER)
        done += changes.run(workforce.CONSUMER) + changes.run(follow.CONSUMER)
        done += follow.carry_on() + rework.carry_on()
        behind = feed.lag(consume.CONSUMER).statements + feed.lag(enrichment.CONSUMER).statements
        behind += changes.waiting(follow.CONSUMER) + changes.waiting(workforce.CONSUMER)
        if not done and not behind and not rework.waiting() and _identities_followed():
            return
        if not done:
            time.sleep(0.01)


def _identities_followed() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM lrs_store o"
            " LEFT JOIN compliance_identity_cursor c ON c.store_id = o.id WHERE EXISTS ("
            "SELECT FROM connectors_statement_context s WHERE s.store_id = o.id"
            " AND s.recorded_to IS NULL AND (s.xid, s.seq) > (coalesce(c.xid, 0), coalesce(c.seq, 0))))"
        )
        [found] = cursor.fetchone()
    return bool(found)


def known(of: Course, key: str = "21001", *, system: System | None = None) -> list[Completion]:
    """Return the completions known now, of one person where a system is named, oldest first."""
    rows = Completion.objects.filter(course=of, recorded__upper_inf=True).order_by("completed_at", "pk")
    if system is not None:
        rows = rows.filter(person=person(system, key))
    return list(rows)


def days(of: Course, key: str = "21001", *, system: System | None = None) -> list[str]:
    """Return the days of the completions known now."""
    return [f"{each.completed_at:%Y-%m-%d}" for each in known(of, key, system=system)]


def reasons(of: Course) -> list[str]:
    """Return why completions of a course ended, in the order in which they did."""
    rows = Completion.objects.filter(course=of, recorded__upper_inf=False).order_by("pk")
    return list(rows.values_list("withdrawn_why", flat=True))


def evidence(completion: Completion) -> set[str]:
    """Return the ids of the statements a completion stands on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.statement_id FROM compliance_completion_evidence e"
            " JOIN lrs_statement s ON s.seq = e.seq WHERE e.completion_id = %s",
            [completion.pk],
        )
        return {str(row[0]) for row in cursor}
