"""What a draft would change: who would become required, overdue or compliant under it, compared with now.

In: a version that is not approved yet, and the day it would be in force. Out: `Impact`: counts by the state
now and the state then, and examples. Two questions to the database for everybody; nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from compliance.models import RequirementVersion
from compliance.status.plan import Plan, plan
from compliance.status.query import standings
from compliance.status.standing import Standing, State, end_of

#: People named for each change.
EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Changed:
    """People whose state a draft would change in one way."""

    before: State
    after: State
    count: int
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """What a version would do on a day."""

    day: date
    #: People it would apply to, and does apply to as things are.
    required: int
    required_before: int
    by_state: dict[State, int]
    by_state_before: dict[State, int]
    changes: tuple[Changed, ...]

    def count(self, after: State) -> int:
        """Return how many people would newly be in a state."""
        return sum(each.count for each in self.changes if each.after == after)


def impact(
    version: RequirementVersion, *, effective_from: date | None = None, day: date | None = None
) -> Impact:
    """Compare the requirement with and without a draft.

    The day looked at is its first, today where it names none, or a later one of the caller's.
    """
    now = timezone.now()
    first = effective_from or version.effective_from or now.date()
    on = day or max(first, now.date())
    supposed = RequirementVersion(
        pk=version.pk,
        requirement_id=version.requirement_id,
        number=version.number,
        definition=version.definition,
        effective_from=first,
    )
    store_id = version.requirement.store_id
    only = [version.requirement_id]
    before = _states(plan(store_id, end_of(on), now, requirements=only), on)
    after = _states(plan(store_id, end_of(on), now, requirements=only, draft=supposed), on)
    changed: dict[tuple[State, State], list[int]] = {}
    for person_id in sorted(before.keys() | after.keys()):
        one = before.get(person_id, State.NOT_REQUIRED)
        other = after.get(person_id, State.NOT_REQUIRED)
        if one != other:
            changed.setdefault((one, other), []).append(person_id)
    return Impact(
        on,
        len(after),
        len(before),
        _counted(after),
        _counted(before),
        tuple(
            Changed(one, other, len(people), tuple(people[:EXAMPLES]))
            for (one, other), people in sorted(changed.items())
        ),
    )


def _states(asked: Plan, day: date) -> dict[int, State]:
    found: list[Standing] = standings(asked)
    return {each.person_id: each.state(day) for each in found}


def _counted(states: dict[int, State]) -> dict[State, int]:
    return {each: number for each in State if (number := sum(state is each for state in states.values()))}
