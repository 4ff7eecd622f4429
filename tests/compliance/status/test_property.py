"""The status of anybody on any day, as known on any other: the database's answer held against a slow
evaluator that shares no code with it, over histories nobody would think of.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from compliance.status.plan import plan
from compliance.status.query import standings
from compliance.status.standing import end_of
from tests.compliance.status import naive
from tests.compliance.status.happening import Happening

pytestmark = pytest.mark.usefixtures("database")

FIRST = date(2024, 1, 1)
SPAN = 500

days = st.integers(0, SPAN).map(lambda number: FIRST + timedelta(days=number))
#: Days between which little happens, so that edges meet.
near = st.sampled_from([FIRST + timedelta(days=each) for each in (0, 30, 31, 60, 90, 91, 120, 366, 396)])
any_day = st.one_of(days, near)
early = st.sampled_from([FIRST + timedelta(days=each) for each in (0, 0, 0, 1, 30, 60)])

leaf = st.one_of(
    st.sampled_from([{"course": "X"}, {"course": "Y"}, {"sign_off": "P"}, {"course": "nothing"}]),
    st.sampled_from([{"course": "X", "minimum_score": 0.5}]),
)
group = st.one_of(
    st.lists(leaf, min_size=1, max_size=3).map(lambda each: {"all": each}),
    st.lists(leaf, min_size=1, max_size=3).map(lambda each: {"any": each}),
    st.lists(leaf, min_size=2, max_size=3).map(lambda each: {"at_least": 2, "of": each}),
)
whats = st.one_of(
    st.just({"course": "X"}),
    st.just({"any": [{"course": "X"}, {"course": "Y"}]}),
    leaf,
    leaf,
    group,
    st.lists(st.one_of(leaf, group), min_size=1, max_size=3).map(lambda each: {"all": each}),
)
simple_rules = st.sampled_from(
    [
        {"everybody": True},
        {"units": ["A"]},
        {"units": ["B"]},
        {"units": ["ICU", "nowhere"], "below": False},
        {"units": ["nowhere"]},
        {"statuses": ["active"]},
        {"statuses": ["leave", "terminated"]},
        {"regulatory_classes": ["GMP"]},
        {"worker_types": ["employee"]},
        {"jobs": ["RN2"]},
        {"hired": {"from": "2024-01-02"}},
        {"hired": {"before": "2024-03-01"}},
    ]
)
usual = st.sampled_from([{"everybody": True}, {"units": ["A", "B"]}, {"not": {"units": ["nowhere"]}}])
rules: Any = st.one_of(
    usual,
    usual,
    usual,
    simple_rules,
    simple_rules,
    simple_rules.map(lambda each: {"not": each}),
    st.lists(simple_rules, min_size=1, max_size=3).map(lambda each: {"any": each}),
    st.lists(simple_rules, min_size=1, max_size=3).map(lambda each: {"all": each}),
)
every = st.one_of(
    st.fixed_dictionaries(
        {
            "count": st.sampled_from([1, 3, 12]),
            "unit": st.sampled_from(["months", "calendar_months"]),
        }
    ),
    st.just({"count": 45, "unit": "days"}),
    st.just({"count": 1, "unit": "calendar_years"}),
    st.fixed_dictionaries(
        {
            "count": st.sampled_from([2, 6]),
            "unit": st.sampled_from(["months", "calendar_months"]),
            "anchor": st.just("due"),
            "early_days": st.sampled_from([0, 10, 40]),
        }
    ),
    st.just({"count": 1, "unit": "calendar_years", "anchor": "due"}),
    st.just({"count": 50, "unit": "days", "anchor": "due", "early_days": 5}),
)
whens = st.fixed_dictionaries(
    {"within_days": st.sampled_from([0, 10, 30, 90])},
    optional={"every": every, "new_version_days": st.sampled_from([0, 20])},
)
definitions = st.fixed_dictionaries(
    {"what": whats, "for": rules, "when": whens},
    optional={
        "grace_days": st.sampled_from([0, 14]),
        "prerequisites": st.sampled_from([[], [], [], ["Y"], ["X", "Y"]]),
    },
)


@st.composite
def stints(draw: st.DrawFn) -> naive.Told:
    """Someone's working life: transfers, leaves, gaps and returns."""
    edges = sorted({draw(early), *draw(st.sets(any_day, max_size=4))})
    found = []
    for number, first in enumerate(edges):
        unit = draw(st.sampled_from(["ICU", "ICU", "ER", "A", ""]))
        if unit == "" and number:
            continue  # a gap
        last = edges[number + 1] - timedelta(days=1) if number + 1 < len(edges) else None
        if number + 1 == len(edges) and draw(st.booleans()):
            last = first + timedelta(days=draw(st.integers(0, 200)))
        found.append(
            naive.Stint(
                first,
                last,
                unit or "B",
                draw(st.sampled_from(["active"] * 6 + ["leave", "pending", "terminated"])),
                draw(st.sampled_from(["", "GMP"])),
                draw(st.sampled_from([first, FIRST])) if number else first,
            )
        )
    return naive.Told(tuple(found))


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """What happens, in the order in which it becomes known; most of it is about days long past or to come."""
    events: list[Any] = [draw(stints()), naive.Approved(1, draw(definitions), draw(early))]
    labels: list[tuple[str, str]] = []
    retired: set[int] = set()
    versions, completed, withdrawn, waived, revoked = 1, 0, set[int](), 0, set[int]()
    kinds = ["complete"] * 6 + ["waive"] * 2 + ["told", "sign", "version", "approve", "withdraw"]
    kinds += ["revoke", "retire", "move", "merge", "equal", "equal", "end"]
    equal: list[tuple[str, str]] = []
    ended = set[int]()
    moved = merged = False
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=4, max_size=14)):
        if kind == "told":
            events.append(draw(stints()))
        elif kind == "complete":
            completed += 1
            course = draw(st.sampled_from(["X", "X", "Y", "Z"]))
            mine = ["", "", *(label for code, label in labels if code == course)]
            events.append(
                naive.Completed(
                    completed,
                    course,
                    draw(any_day),
                    draw(st.sampled_from([None, 0.4, 0.5, 1.0])),
                    draw(st.sampled_from([None, True, True, False])),
                    draw(st.sampled_from(mine)),
                    elsewhere=not merged and draw(st.booleans()),
                )
            )
        elif kind == "sign":
            events.append(naive.SignedOff("P", draw(any_day)))
        elif kind == "version":
            label = f"v{len(labels)}"
            course = draw(st.sampled_from(["X", "Y"]))
            labels.append((course, label))
            events.append(
                naive.NewVersion(course, label, draw(any_day), draw(st.sampled_from([True, True, False])))
            )
        elif kind == "approve":
            versions += 1
            events.append(naive.Approved(versions, draw(definitions), draw(any_day)))
        elif kind == "waive":
            waived += 1
            first = draw(any_day)
            last = first + timedelta(days=draw(st.sampled_from([0, 20, 100])))
            events.append(naive.Waived(waived, first, last, draw(st.one_of(st.none(), rules))))
        elif kind == "withdraw" and completed and len(withdrawn) < completed:
            number = draw(st.integers(1, completed))
            if number not in withdrawn:
                withdrawn.add(number)
                events.append(naive.Withdrawn(number))
        elif kind == "revoke" and waived and len(revoked) < waived:
            number = draw(st.integers(1, waived))
            if number not in revoked:
                revoked.add(number)
                events.append(naive.Revoked(number, draw(any_day)))
        elif kind == "retire" and versions not in retired:
            live = _latest(events)
            if live.number not in retired:
                retired.add(live.number)
                events.append(
                    naive.Retired(live.number, live.since + timedelta(days=draw(st.integers(1, 200))))
                )
        elif kind == "equal":
            two = draw(st.sampled_from([("Z", "X"), ("Z", "Y"), ("Y", "X"), ("X", "Z")]))
            if two not in equal:
                equal.append(two)
                first, last = sorted([draw(any_day), draw(any_day)])
                events.append(
                    naive.Equivalent(
                        len(equal),
                        *two,
                        draw(st.sampled_from([None, first])),
                        draw(st.sampled_from([None, last])),
                        draw(st.booleans()),
                    )
                )
        elif kind == "end" and len(ended) < len(equal):
            number = draw(st.integers(1, len(equal)))
            if number not in ended:
                ended.add(number)
                events.append(naive.Ended(number))
        elif kind == "move" and not moved:
            moved = True
            events.append(naive.Moved("ICU", "B", draw(any_day)))
        elif kind == "merge" and not merged:
            merged = True
            events.append(naive.Merged())
    return events


def _latest(events: list[Any]) -> naive.Approved:
    """Return the version that can still be retired: all days are past, so the last one is effective."""
    versions = [each for each in events if isinstance(each, naive.Approved)]
    return max(versions, key=lambda each: (each.since, each.number))


@st.composite
def trainings(draw: st.DrawFn) -> list[Any]:
    """Somebody who always worked there and trained a lot: what each of it is worth, and for how long."""
    rule = draw(st.sampled_from([{"everybody": True}, {"units": ["A"]}]))
    document = draw(definitions) | {"for": rule}
    events: list[Any] = [
        naive.Told((naive.Stint(FIRST, None, "ICU", hired=FIRST),)),
        naive.Approved(1, document, draw(early)),
    ]
    labels: list[str] = [""]
    for number in range(draw(st.integers(0, 3))):
        labels.append(f"v{number}")
        events.append(naive.NewVersion("X", f"v{number}", draw(any_day), draw(st.booleans())))
    for number, day in enumerate(draw(st.lists(any_day, min_size=2, max_size=7)), start=1):
        course = draw(st.sampled_from(["X", "X", "Y"]))
        version = draw(st.sampled_from(labels)) if course == "X" else ""
        events.append(naive.Completed(number, course, day, 0.9, passed=True, version=version))
    events += [naive.SignedOff("P", day) for day in draw(st.lists(any_day, max_size=3))]
    return events


@given(histories(), st.lists(any_day, max_size=2), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_status_is_what_a_slow_evaluator_says(
    history: list[Any], asked: list[date], chance: Any
) -> None:
    world = _happened(history)
    for number in {len(history) - 1, chance.randrange(1, len(history))}:
        for day in [*asked, *(FIRST + timedelta(days=chance.randrange(30, SPAN)) for _ in range(5))]:
            _agree(world, history, number, day)


@given(trainings(), st.lists(any_day, min_size=6, max_size=10))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_was_done_holds_for_as_long_as_a_slow_evaluator_says(
    history: list[Any], asked: list[date]
) -> None:
    world = _happened(history)
    for day in asked:
        _agree(world, history, len(history) - 1, day)


def _happened(history: list[Any]) -> Happening:
    world = Happening()
    for each in history:
        world.happen(each)
    return world


def _agree(world: Happening, history: list[Any], number: int, day: date) -> None:
    """Hold the two answers about a day, as known after so many events, against each other."""
    ann = world.ann.pk
    question = plan(world.store_id, end_of(day), world.known[number])
    everybody = [found for found in standings(question) if found.person_id == ann]
    assert standings(question, [ann]) == standings(question, [ann], each=True) == everybody
    expected = naive.Evaluator(history[: number + 1]).answer(day)
    event(expected.state)
    if expected.state == "not_required":
        assert everybody == [], (day, number)
        return
    [found] = everybody
    assert expected == naive.Answer(
        found.state(day),
        next(each for each, row in world.versions.items() if row.pk == found.version_id),
        found.assigned,
        found.until,
        found.due,
        found.waived_until,
    ), (day, number)
