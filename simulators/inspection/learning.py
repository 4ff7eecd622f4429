"""What people learn: courses under the IRIs of two LMSs, rules, and statements over HTTP.

In: a population. Out: a catalogue in which Moodle's and Totara's course are one, a rule of the company's own,
statements of three years, Moodle's accounts linked by a file, and one training that both report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from compliance.catalogue import courses
from compliance.completions import rulebook
from compliance.models import Completion, CompletionRule, Course
from simulators import lms
from simulators.inspection.history import person_of
from simulators.inspection.stage import Stage, command
from simulators.population import Worker

_ADL = "http://adlnet.gov/expapi/verbs/"
#: The company takes nothing but a good result for these, whatever the LMS says.
STRICT = "LOTO"
_RULE: dict[str, Any] = {
    "format": 1,
    "note": "Lock-out counts where it was passed with 85 per cent or more; to complete it is not enough.",
    "applies": {"courses": [STRICT]},
    "steps": {"passed": {"verbs": [f"{_ADL}passed"], "success": "not false", "scaled": {"at_least": 0.85}}},
    "needs": [["passed"]],
}


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it."""

    statements: int
    completions: int
    twice_told: int


def catalogue(stage: Stage) -> dict[str, Course]:
    """Make the courses, each under the IRI of either LMS, and the company's rule."""
    made = {}
    for number, (code, title) in enumerate(sorted(lms.COURSES.items())):
        course = Course.objects.create(store_id=stage.store_id, code=code, title=title)
        for system in lms.SYSTEMS.values():
            courses.assign(course, f"{system.site}{system.course}{100 + number}")
        made[code] = course
    rule = CompletionRule.objects.create(
        store_id=stage.store_id, code="lockout", name="Lock-out with 85 per cent", order=10
    )
    rulebook.publish(rulebook.draft(rule, _RULE, note="As the safety committee decided."))
    return made


def post(stage: Stage, count: int) -> Learned:
    """Post as both LMSs, and one training as both; wait until the hub has made of it what there is."""
    learners: dict[str, dict[str, Worker]] = {}
    for style, system in lms.SYSTEMS.items():
        made = command(
            "create_credential", "--store", stage.store, "--source", system.title, "--scope", "all"
        )
        stage.credentials[style] = made["key"], made["secret"]
        mine = learners.setdefault(style, {})
        told = _noting(mine, lms.statements(stage.people, system, seed=stage.people.seed))
        lms.post(
            told,
            endpoint=_xapi(stage),
            count=count,
            key=stage.credentials[style][0],
            secret=stage.credentials[style][1],
        )
        stage.say(f"  {system.title} posted {count:,} statements")
    twice = _both(stage, learners["moodle"])
    # Actors are known once their statements were read.
    stage.settle()
    links = stage.folder / "moodle-links.csv"
    lms.links(replace(stage.people, workers=tuple(learners["moodle"].values())), lms.SYSTEMS["moodle"], links)
    command("link_actors", str(links), "--store", stage.store)
    stage.settle()
    known = Completion.objects.filter(store_id=stage.store_id, recorded__upper_inf=True)
    both = known.filter(person=person_of(stage, twice[0]), course__code=twice[1], completed_at__date=twice[2])
    return Learned(2 * count + 2, known.count(), both.count())


def _both(stage: Stage, learners: dict[str, Worker]) -> tuple[str, str, Any]:
    """Have both LMSs report one training of somebody, an hour apart."""
    day = stage.today - timedelta(days=20)
    code = "GMP"
    found = next(
        each
        for worker in learners.values()
        if (each := worker.at(day)) is not None and each.status == "active" and each.email
    )
    moment = datetime.fromisoformat(f"{day}T09:00:00+00:00")
    for hour, (style, system) in enumerate(lms.SYSTEMS.items()):
        actor: dict[str, Any] = {"account": {"homePage": system.site, "name": str(lms.user_id(found.worker))}}
        if style != "moodle":
            actor = {"mbox": f"mailto:{found.email}"}
        _post_one(stage, style, actor, code, moment + timedelta(hours=hour))
    return found.worker.number, code, day


def caught_up(stage: Stage, email: str, codes: set[str]) -> None:
    """Have Totara report that somebody passed some courses this very day."""
    for code in sorted(codes):
        _post_one(stage, "mail", {"mbox": f"mailto:{email}"}, code, datetime.now(UTC))


def _post_one(stage: Stage, style: str, actor: dict[str, Any], code: str, moment: datetime) -> None:
    system = lms.SYSTEMS[style]
    statement = {
        "id": str(uuid4()),
        "actor": actor,
        "verb": {"id": f"{_ADL}passed"},
        "object": {"id": f"{system.site}{system.course}{100 + sorted(lms.COURSES).index(code)}"},
        "result": {"completion": True, "success": True, "score": {"scaled": 0.95}},
        "timestamp": moment.isoformat(),
    }
    lms.post(
        iter([statement]),
        endpoint=_xapi(stage),
        count=1,
        key=stage.credentials[style][0],
        secret=stage.credentials[style][1],
    )


def _noting(learners: dict[str, Worker], made: Iterator[tuple[Worker, Any]]) -> Iterator[Any]:
    """Yield the statements, and note whose they are."""
    for worker, statement in made:
        learners[worker.number] = worker
        yield statement


def _xapi(stage: Stage) -> str:
    return f"{stage.origin}/xapi/"
