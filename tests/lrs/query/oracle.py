"""What a query means, worked out the slow way: every statement in a list, every rule read from the text.

In: statements as they were sent, with the authority each got, in the order of storing. Out: the ids a query
must give, in order. It imports nothing of the product and shares no rule with it. Sources: xAPI 1.0.3,
Communication 2.1.3 (filters, StatementRefs) and 2.1.4 (voided statements), Data 2.3.2 (voiding).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

Json = Mapping[str, Any]
Identity = tuple[str, ...]

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@dataclass(frozen=True)
class Question:
    """The parameters of a query, as values."""

    agent: Json | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False


@dataclass
class Held:
    """A statement and what the record store said of it."""

    statement: Json
    authority: Json
    stored: datetime | None = None

    @cached_property
    def agents(self) -> set[Identity]:
        """Who the agent filter finds it by."""
        return _identities(main_agents(self.statement))

    @cached_property
    def related_agents(self) -> set[Identity]:
        """Who the agent filter finds it by with related_agents."""
        return _identities(all_agents(self.statement, self.authority))

    @cached_property
    def activities(self) -> set[str]:
        """What the activity filter finds it by."""
        return set(main_activities(self.statement))

    @cached_property
    def related_activities(self) -> set[str]:
        """What the activity filter finds it by with related_activities."""
        return set(all_activities(self.statement))

    @cached_property
    def target(self) -> UUID | None:
        """The statement its object refers to."""
        object_ = self.statement["object"]
        return UUID(object_["id"]) if object_.get("objectType") == "StatementRef" else None

    @property
    def is_voiding(self) -> bool:
        """Whether it voids another."""
        return self.target is not None and self.statement["verb"]["id"] == VOIDED


Condition = Callable[[Held], bool]


@dataclass
class Oracle:
    """A record store that remembers everything and is in no hurry."""

    #: In the order of storing.
    held: dict[UUID, Held] = field(default_factory=dict)
    #: What voiding statements name, whether it is here or not.
    named_by_voids: set[UUID] = field(default_factory=set)

    def keep(self, statement: Json, authority: Json) -> None:
        """Take a statement; one that is there already stays as it is."""
        held = self.held.setdefault(UUID(statement["id"]), Held(statement, authority))
        if held.is_voiding and held.target is not None:
            self.named_by_voids.add(held.target)

    def answer(self, question: Question) -> list[UUID]:
        """Return the ids of every statement that meets the question, in the order it asks for."""
        conditions = list(_conditions(question))
        found = [each for each in self.held if self._meets(each, question, conditions)]
        found = [each for each in found if not self.is_voided(each)]
        return found if question.ascending else found[::-1]

    def is_voided(self, statement_id: UUID) -> bool:
        """Whether a voiding statement names it; a voiding statement cannot be voided."""
        return statement_id in self.named_by_voids and not self.held[statement_id].is_voiding

    def targets(self, statement_id: UUID) -> list[UUID]:
        """Return the statement, what it targets, what that targets, and so on, as far as it is held."""
        path: list[UUID] = []
        following: UUID | None = statement_id
        while following is not None and following in self.held and following not in path:
            path.append(following)
            following = self.held[following].target
        return path

    def _meets(self, statement_id: UUID, question: Question, conditions: list[Condition]) -> bool:
        stored = self.held[statement_id].stored
        if question.since is not None and (stored is None or stored <= question.since):
            return False
        if question.until is not None and (stored is None or stored > question.until):
            return False
        reached = [self.held[each] for each in self.targets(statement_id)]
        return all(any(condition(each) for each in reached) for condition in conditions)


def _conditions(question: Question) -> Iterator[Condition]:
    if question.agent is not None:
        wanted = identity(question.agent)
        if question.related_agents:
            yield lambda held: wanted in held.related_agents
        else:
            yield lambda held: wanted in held.agents
    if question.verb is not None:
        yield lambda held: held.statement["verb"]["id"] == question.verb
    if question.activity is not None:
        if question.related_activities:
            yield lambda held: question.activity in held.related_activities
        else:
            yield lambda held: question.activity in held.activities
    if question.registration is not None:
        registration = UUID(question.registration)
        yield lambda held: _registration(held.statement) == registration


def identity(agent: Json) -> Identity | None:
    """Return what makes two agents, or identified groups, the same; None for an anonymous group."""
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if name in agent:
            return (name, agent[name])
    if "account" in agent:
        return ("account", agent["account"]["homePage"], agent["account"]["name"])
    return None


def _identities(agents: Iterable[Json]) -> set[Identity]:
    """Return the identity of each agent and group, and those of the groups' members."""
    everyone = [each for agent in agents for each in [agent, *agent.get("member", [])]]
    return {found for found in map(identity, everyone) if found is not None}


def main_agents(statement: Json) -> Iterator[Json]:
    """Yield actor and object: what the agent filter looks at."""
    yield statement["actor"]
    if statement["object"].get("objectType") in ("Agent", "Group"):
        yield statement["object"]


def all_agents(statement: Json, authority: Json | None = None) -> Iterator[Json]:
    """Yield what the agent filter looks at with related_agents."""
    yield from main_agents(statement)
    if authority is not None:
        yield authority
    context = statement.get("context", {})
    yield from (context[name] for name in ("instructor", "team") if name in context)
    yield from (entry["agent"] for entry in context.get("contextAgents", []))
    yield from (entry["group"] for entry in context.get("contextGroups", []))
    if statement["object"].get("objectType") == "SubStatement":
        yield from all_agents(statement["object"])


def main_activities(statement: Json) -> Iterator[str]:
    """Yield the object, where it is an activity."""
    if statement["object"].get("objectType", "Activity") == "Activity":
        yield statement["object"]["id"]


def all_activities(statement: Json) -> Iterator[str]:
    """Yield what the activity filter looks at with related_activities."""
    yield from main_activities(statement)
    for found in statement.get("context", {}).get("contextActivities", {}).values():
        yield from (each["id"] for each in (found if isinstance(found, list) else [found]))
    if statement["object"].get("objectType") == "SubStatement":
        yield from all_activities(statement["object"])


def _registration(statement: Json) -> UUID | None:
    found = statement.get("context", {}).get("registration")
    return None if found is None else UUID(found)
