"""Whatever happens in whatever order, completions are what a naive reading of all that is known gives.

The naive reader below shares nothing with the hub: it goes through every statement, asks who it was and what
course it was as things stand at the end, and counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.completions import consume, follow, rework
from compliance.models import CompletionChange, Course, CourseActivity
from connectors import changes
from connectors.enrichment import consume as enrichment
from connectors.identity import link, merge
from connectors.models import Actor, PersonMerge, System
from lrs import feed
from tests.compliance.courses import caught_up, course, did, evidence, hired, known
from tests.connectors.people import person
from tests.fixtures import Hub, Xapi
from tests.statements import agent, voiding

KEYS = ("21001", "21002", "21003")
#: The last two are accounts nobody is known by until somebody says so.
ACTORS = (*(f"ann.{key}" for key in KEYS), "shared.kiosk", "shared.office")
ACTIVITIES = tuple(f"https://lms.example/activity/{number}" for number in range(3))
CODES = ("A", "B")
FIRST = datetime(2026, 2, 1, 8, tzinfo=UTC)

statements = st.tuples(
    st.just("say"),
    st.sampled_from(ACTORS),
    st.sampled_from(["completed", "passed", "failed"]),
    st.sampled_from(ACTIVITIES),
    st.integers(min_value=0, max_value=12),  # times seven hours
    st.sampled_from([None, True, False]),
)
numbers = st.integers(min_value=0, max_value=30)
events = st.one_of(
    statements,
    statements,
    st.tuples(st.just("void"), numbers),
    st.tuples(st.just("map"), st.sampled_from(ACTIVITIES), st.sampled_from([None, *CODES])),
    st.tuples(st.just("link"), st.sampled_from(ACTORS[3:]), st.sampled_from(KEYS)),
    st.tuples(st.just("merge"), st.sampled_from(KEYS), st.sampled_from(KEYS)),
    st.tuples(st.just("split"), st.sampled_from(KEYS)),
    st.tuples(st.just("step"), st.sampled_from(["feed", "enrich", "changes", "identities", "rework"])),
)


@dataclass
class World:
    """What happened, as the naive reader keeps it."""

    said: list[tuple[str, str, str, str, datetime, bool | None]] = field(default_factory=list)
    voided: set[str] = field(default_factory=set)
    mapped: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=lambda: {f"ann.{key}": key for key in KEYS})
    into: dict[str, str] = field(default_factory=dict)

    def who(self, actor: str) -> str | None:
        owner = self.owners.get(actor)
        return None if owner is None else self.into.get(owner, owner)

    def completions(self, code: str, key: str) -> list[tuple[datetime, bool | None, set[str]]]:
        """Return (moment, passed, statement ids), one for reports within a day of the first."""
        good = sorted(
            (moment, statement_id, verb, success)
            for statement_id, actor, verb, what, moment, success in self.said
            if statement_id not in self.voided
            and self.mapped.get(what) == code
            and self.who(actor) == key
            and verb != "failed"
            and success is not False
        )
        found: list[tuple[datetime, bool | None, set[str]]] = []
        for moment, statement_id, verb, success in good:
            passed = True if success or verb == "passed" else None
            if found and moment - found[-1][0] <= timedelta(hours=24):
                first, before, ids = found[-1]
                found[-1] = (first, before or passed, ids | {statement_id})
            else:
                found.append((moment, passed, {statement_id}))
        return found


class Hubs:
    """The same happening to a hub."""

    def __init__(self, hub: Hub) -> None:
        self.moodle: Xapi
        self.workday: System
        self.moodle, self.workday = hired(hub, *KEYS)
        self.courses: dict[str, Course] = {code: course(self.moodle.store_id, code) for code in CODES}
        self.people = {key: person(self.workday, key).pk for key in KEYS}

    def say(self, world: World, actor: str, verb: str, what: str, place: int, success: bool | None) -> None:
        moment = FIRST + timedelta(hours=7 * place)
        result = {} if success is None else {"result": {"success": success}}
        posted = did(self.moodle, verb, moment.isoformat(), who=agent(actor), what=what, **result)
        world.said.append((posted, actor, verb, what, moment, success))

    def void(self, world: World, number: int) -> None:
        if world.said:
            target = world.said[number % len(world.said)][0]
            self.moodle.store(voiding(target))
            world.voided.add(target)

    def map(self, world: World, what: str, code: str | None) -> None:
        CourseActivity.objects.filter(store=self.moodle.store_id, iri=what).delete()
        world.mapped.pop(what, None)
        if code is not None:
            of = self.courses[code]
            CourseActivity.objects.create(course=of, store_id=self.moodle.store_id, iri=what)
            world.mapped[what] = code

    def link(self, world: World, actor: str, key: str) -> None:
        feed.run(enrichment.CONSUMER)
        row = Actor.objects.filter(store=self.moodle.store_id, value=f"mailto:{actor}@example.com").first()
        if row is not None:
            link.link(row.pk, self.people[key])
            world.owners[actor] = key

    def merge(self, world: World, key: str, into: str) -> None:
        if key == into or key in world.into or into in world.into or key in world.into.values():
            return
        merge.merge(self.people[key], self.people[into])
        world.into[key] = into

    def split(self, world: World, key: str) -> None:
        if key in world.into:
            merge.undo(PersonMerge.objects.get(person=self.people[key], recorded_to=None).pk)
            del world.into[key]

    def step(self, _world: World, which: str) -> None:
        steps: dict[str, Any] = {
            "feed": lambda: feed.run(consume.CONSUMER),
            "enrich": lambda: feed.run(enrichment.CONSUMER),
            "changes": lambda: [changes.run(name) for name in changes.names()],
            "identities": follow.carry_on,
            "rework": rework.carry_on,
        }
        steps[which]()

    def completions(self, code: str, key: str) -> list[tuple[datetime, bool | None, set[str]]]:
        rows = known(self.courses[code], key, system=self.workday)
        return [(each.completed_at, each.passed, evidence(each)) for each in rows]


#: What every history begins with, so that whatever happens next matters to somebody.
BEGINNING: list[Any] = [
    ("map", ACTIVITIES[0], "A"),
    ("map", ACTIVITIES[1], "B"),
    *(("say", who, "passed", ACTIVITIES[place % 2], 3 * place, None) for place, who in enumerate(ACTORS)),
    *(("step", which) for which in ("enrich", "feed", "identities", "rework")),
]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(happened=st.lists(events, min_size=5, max_size=30))
def test_completions_are_what_a_naive_reading_gives(hub: Hub, happened: list[Any]) -> None:
    world, hubs = World(), Hubs(Hub())
    for what, *rest in [*BEGINNING, *happened]:
        getattr(hubs, what)(world, *rest)
    caught_up()
    for code in CODES:
        for key in KEYS:
            assert hubs.completions(code, key) == world.completions(code, key), (code, key)
    told = CompletionChange.objects.count()
    rework.request([hubs.moodle.store_id], "to see whether anything is otherwise")
    caught_up()
    assert CompletionChange.objects.count() == told
