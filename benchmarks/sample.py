"""Statements as learning management systems send them; each is a function of its session's number.

In: the number of a session. Out: its statements, in order: about twenty, of one learner in one course,
with one registration. Never random beyond that: whoever knows the number knows actor, course and ids, so
that a query can be asked for what was loaded without keeping a list of it.

Shape: 1.5 KB and 7 links a statement (actor, verb, object, course, site, registration, authority); 50,000
learners and 20,000 modules of 500 courses, a few of them in most statements; in a hundred sessions 10
statements refer to an earlier one and 4 void one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, NamedTuple

Statement = dict[str, Any]

AGENTS = 50_000
COURSES = 500
MODULES = 40
SESSION_STATEMENTS = 20
#: Numbers of sessions that are only ever posted over HTTP start here.
POSTED = 1 << 40

HOME = "https://lms.example.org"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
RARE_VERB = "http://adlnet.gov/expapi/verbs/mastered"

#: Verbs with their shares; the last ones are rare.
_VERBS = (
    ("http://id.tincanapi.com/verb/viewed", "viewed", 46.0),
    ("http://adlnet.gov/expapi/verbs/experienced", "experienced", 16.0),
    ("http://adlnet.gov/expapi/verbs/answered", "answered", 14.0),
    ("http://adlnet.gov/expapi/verbs/progressed", "progressed", 9.0),
    ("http://adlnet.gov/expapi/verbs/completed", "completed", 7.0),
    ("http://adlnet.gov/expapi/verbs/passed", "passed", 4.0),
    ("http://activitystrea.ms/schema/1.0/submit", "submitted", 2.0),
    ("http://adlnet.gov/expapi/verbs/failed", "failed", 1.4),
    ("http://adlnet.gov/expapi/verbs/commented", "commented", 0.3),
    ("http://adlnet.gov/expapi/verbs/shared", "shared", 0.2),
    (RARE_VERB, "mastered", 0.1),
)
_IRIS = tuple({"id": iri, "display": {"en": name, "en-US": name}} for iri, name, _ in _VERBS)
_SHARES = tuple(share for _, _, share in _VERBS)
COMMON_VERB = _VERBS[0][0]
_SCORED = frozenset({"answered", "passed", "failed", "completed", "mastered"})
_SITE = {
    "id": HOME,
    "objectType": "Activity",
    "definition": {
        "name": {"en": "Example Corporate Academy", "de": "Beispiel-Akademie"},
        "type": "http://id.tincanapi.com/activitytype/lms",
    },
}
_REFERENCE_OF_HUNDRED, _VOID_OF_HUNDRED = 10, 4
#: The digit that tells a random UUID's variant, for any digit.
_VARIANTS = {digit: "89ab"[number % 4] for number, digit in enumerate("0123456789abcdef")}
_FIRST_DAY = datetime(2025, 1, 6, 6, 0, tzinfo=UTC)


class Session(NamedTuple):
    """What the number of a session decides."""

    number: int
    agent: int
    course: int
    registration: str
    random: Random


def session(number: int) -> Session:
    """Return the session of a number."""
    # Seeded with one integer: cheap, and the same in every process and version of Python.
    random = Random(number * 2_654_435_761 + 97)
    # The cube makes a hundredth of the learners send a fifth of the statements.
    agent = int(AGENTS * random.random() ** 3)
    course = int(COURSES * random.random() ** 2.5)
    return Session(number, agent, course, _uuid(random), random)


def statements_of(number: int) -> list[Statement]:
    """Return the statements of a session."""
    return list(_statements(session(number)))


def statements(first_session: int, count: int) -> Iterator[Statement]:
    """Yield `count` statements, ten sessions from `first_session` on woven together at a time."""
    made = 0
    number = first_session
    while made < count:
        together = [_statements(session(each)) for each in range(number, number + 10)]
        number += 10
        for at_once in zip(*together, strict=True):
            for statement in at_once:
                if made == count:
                    return
                yield statement
                made += 1


def sessions_for(count: int) -> int:
    """Return how many session numbers `count` statements use up."""
    return -(-count // (SESSION_STATEMENTS * 10)) * 10


def agent(number: int) -> dict[str, Any]:
    """Return the learner of a number, as statements name it."""
    return {
        "objectType": "Agent",
        "name": f"Learner {number:05d}",
        "account": {"homePage": HOME, "name": f"emp-{number:06d}"},
    }


def course_id(number: int) -> str:
    """Return the activity id of a course."""
    return f"{HOME}/course/view.php?id={number + 1}"


def module_id(course: int, module: int) -> str:
    """Return the activity id of a module."""
    return f"{HOME}/mod/page/view.php?id={course * MODULES + module + 1}"


@cache
def _course(number: int) -> dict[str, Any]:
    return {
        "id": course_id(number),
        "objectType": "Activity",
        "definition": {
            "name": {"en": f"Course {number}: working safely", "de": f"Kurs {number}: sicher arbeiten"},
            "description": {"en": "Mandatory training with a test at its end, repeated every year."},
            "type": "https://w3id.org/xapi/cmi5/activitytype/course",
        },
    }


@cache
def _module(course: int, module: int) -> dict[str, Any]:
    return {
        "id": module_id(course, module),
        "objectType": "Activity",
        "definition": {
            "name": {"en": f"Module {module} of course {course}", "de": f"Modul {module}, Kurs {course}"},
            "description": {"en": "Read the page, watch the film and answer the questions below it."},
            "type": "http://adlnet.gov/expapi/activities/module",
            "extensions": {f"{HOME}/extensions/module": {"section": module // 5, "visible": True}},
        },
    }


def _statements(of: Session) -> Iterator[Statement]:
    random = of.random
    actor = agent(of.agent)
    began = _FIRST_DAY + timedelta(seconds=of.number % 25_000_000, milliseconds=random.randrange(1000))
    verbs = random.choices(range(len(_VERBS)), weights=_SHARES, k=SESSION_STATEMENTS)
    special = random.randrange(100)
    ids: list[str] = []
    for place, verb in enumerate(verbs):
        statement_id = _uuid(random)
        module = int(MODULES * random.random() ** 2)
        moment = began + timedelta(seconds=40 * place)
        statement: Statement = {
            "id": statement_id,
            "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "actor": actor,
            "verb": _IRIS[verb],
            "object": _module(of.course, module),
            "context": {
                "registration": of.registration,
                "platform": "Moodle",
                "language": "en",
                "contextActivities": {"parent": [_course(of.course)], "category": [_SITE]},
                "extensions": {
                    "https://moodle.example.org/extensions/info": {
                        "event_name": "\\mod_page\\event\\course_module_viewed",
                        "event_id": of.number * SESSION_STATEMENTS + place,
                        "plugin": "https://moodle.example.org/logstore-xapi",
                        "version": "4.5.2 (Build: 20250210)",
                    }
                },
            },
        }
        if _VERBS[verb][1] in _SCORED:
            statement["result"] = _result(random)
        if place == SESSION_STATEMENTS - 1 and special < _REFERENCE_OF_HUNDRED + _VOID_OF_HUNDRED:
            _refer(statement, ids[special % len(ids)], voiding=special < _VOID_OF_HUNDRED)
        ids.append(statement_id)
        yield statement


def _refer(statement: Statement, target: str, *, voiding: bool) -> None:
    """Make a comment on, or the voiding of, an earlier statement of it."""
    statement["object"] = {"objectType": "StatementRef", "id": target}
    statement["verb"] = {"id": VOIDED, "display": {"en": "voided"}} if voiding else _IRIS[8]
    del statement["context"]["platform"]  # goes with activities only


def _result(random: Random) -> dict[str, Any]:
    raw = random.randrange(40, 101)
    return {
        "score": {"scaled": raw / 100, "raw": raw, "min": 0, "max": 100},
        "success": raw >= 60,
        "completion": True,
        "duration": f"PT{random.randrange(1, 59)}M{random.randrange(60)}S",
    }


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANTS[digits[16]]}{digits[17:20]}-{digits[20:]}"
    )
