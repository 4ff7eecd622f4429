"""Small worlds of people, activities and systems, and everything statements can say in them.

In: a seeded source of chance. Out: statements (as sent) and questions. It imports nothing of the product.
Worlds are small on purpose: the same few people stand in every position of every kind of statement, so that
a filter that looks in one place too many or too few is found out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from tests.lrs.query.oracle import VOIDED, Held, Oracle, Question, all_activities, all_agents

Json = dict[str, Any]

POSITIONS = ("parent", "grouping", "category", "other")
KINDS = ("mbox", "mbox_sha1sum", "openid", "account")
V1, V2 = "1.0.3", "2.0.0"


class Universe:
    """A few of everything, and the ids of the statements to come."""

    def __init__(self, chance: Random, *, statements: int) -> None:
        self.chance = chance
        names = ["ann", "bob", "chloe", "david", "elif", "femi", "grace", "hugo"]
        self.agents = [_identifier(name, KINDS[place % 4]) for place, name in enumerate(names)]
        crews = ["welders", "drivers", "night-shift", "office"]
        self.groups = [_identifier(name, kind) for name, kind in zip(crews, KINDS, strict=True)]
        self.nobody = _identifier("zoe", "mbox")
        self.verbs = [f"http://adlnet.gov/expapi/verbs/{verb}" for verb in ("passed", "failed", "attended")]
        self.activities = [f"http://example.com/activities/{number}" for number in range(6)]
        self.registrations = [str(self.uuid()) for _ in range(4)]
        self.ids = [self.uuid() for _ in range(statements)]
        self.missing = [self.uuid() for _ in range(3)]

    def uuid(self) -> UUID:
        """Return a random UUID of this world."""
        return UUID(int=self.chance.getrandbits(128), version=4)

    def maybe(self, probability: float) -> bool:
        """Return True that often."""
        return self.chance.random() < probability

    # Statements

    def statement(self, statement_id: UUID, version: str) -> Json:
        """Return a statement that may say anything the version allows."""
        made: Json = {"id": self._spelt(statement_id), **self._body(version, sub_statement_too=True)}
        if self.maybe(0.3):
            made["object"] = self._reference(statement_id)
            if self.maybe(0.35):
                made["verb"] = {"id": VOIDED, "display": {"en": "voided"}}
        if self.maybe(0.2):
            made["timestamp"] = f"2024-0{self.chance.randint(1, 9)}-11T10:30:00.500+02:00"
        return made

    def _body(self, version: str, *, sub_statement_too: bool) -> Json:
        body: Json = {
            "actor": self._actor(),
            "verb": {"id": self.chance.choice(self.verbs)},
            "object": self._object(version, sub_statement_too=sub_statement_too),
        }
        if self.maybe(0.6):
            body["context"] = self._context(version)
        return body

    def _object(self, version: str, *, sub_statement_too: bool) -> Json:
        kind = self.chance.choice(["Activity"] * 5 + ["Agent", "Group"] + ["SubStatement"] * 3)
        if kind == "Agent":
            return {"objectType": "Agent", **self.chance.choice(self.agents)}
        if kind == "Group":
            return self._group()
        if kind == "SubStatement":
            if not sub_statement_too:
                # In a sub-statement a reference is only something that is spoken of.
                return self._reference(self.chance.choice(self.ids))
            return {"objectType": "SubStatement", **self._body(version, sub_statement_too=False)}
        return self._activity()

    def _reference(self, statement_id: UUID) -> Json:
        drawn = self.chance.random()
        if drawn < 0.1:
            target = self.chance.choice(self.missing)
        elif drawn < 0.14:
            target = statement_id
        elif drawn < 0.5:
            # Neighbours: chains, cycles, and both orders of arrival.
            place = self.ids.index(statement_id) + self.chance.randint(-4, 4)
            target = self.ids[place % len(self.ids)]
        else:
            target = self.chance.choice(self.ids)
        return {"objectType": "StatementRef", "id": self._spelt(target)}

    def _spelt(self, found: UUID | str) -> str:
        return str(found).upper() if self.maybe(0.1) else str(found)

    def _actor(self) -> Json:
        if self.maybe(0.7):
            return self._named(self.chance.choice(self.agents))
        return self._group()

    def _named(self, agent: Json) -> Json:
        if self.maybe(0.2):
            return {"objectType": "Agent", "name": f"Name {self.chance.randint(1, 3)}", **agent}
        return dict(agent)

    def _group(self) -> Json:
        members = [self._named(each) for each in self.chance.sample(self.agents, self.chance.randint(1, 3))]
        if self.maybe(0.4):
            return {"objectType": "Group", "member": members}
        group = {"objectType": "Group", **self.chance.choice(self.groups)}
        return {**group, "member": members} if self.maybe(0.6) else group

    def _activity(self) -> Json:
        activity: Json = {"id": self.chance.choice(self.activities)}
        if self.maybe(0.3):
            activity["objectType"] = "Activity"
        if self.maybe(0.2):
            activity["definition"] = {"name": {"en": f"Activity {self.chance.randint(1, 3)}"}}
        return activity

    def _context(self, version: str) -> Json:
        context: Json = {}
        if self.maybe(0.5):
            context["registration"] = self._spelt(self.chance.choice(self.registrations))
        if self.maybe(0.3):
            context["instructor"] = self._actor()
        if self.maybe(0.3):
            context["team"] = self._group()
        if self.maybe(0.5):
            context["contextActivities"] = {
                position: self._context_activities(version)
                for position in self.chance.sample(POSITIONS, self.chance.randint(1, 3))
            }
        if self.maybe(0.3):
            context["statement"] = {"objectType": "StatementRef", "id": str(self.chance.choice(self.ids))}
        if version == V2 and self.maybe(0.4):
            context["contextAgents"] = [
                {"objectType": "contextAgent", "agent": {"objectType": "Agent", **agent}}
                for agent in self.chance.sample(self.agents, self.chance.randint(1, 2))
            ]
        if version == V2 and self.maybe(0.4):
            context["contextGroups"] = [{"objectType": "contextGroup", "group": self._group()}]
        return context

    def _context_activities(self, version: str) -> Any:
        if version == V1 and self.maybe(0.3):
            return self._activity()
        return [self._activity() for _ in range(self.chance.randint(1, 2))]

    # Questions

    def question(self, oracle: Oracle) -> Question:
        """Return a question, more often than not about something that is there."""
        about = self.chance.choice(list(oracle.held.values()))
        since, until = (self._moment(oracle) if self.maybe(0.15) else None for _ in range(2))
        return Question(
            agent=self._asked_agent(about) if self.maybe(0.5) else None,
            verb=self._asked_verb(about) if self.maybe(0.3) else None,
            activity=self._asked_activity(about) if self.maybe(0.4) else None,
            registration=self._asked_registration(about) if self.maybe(0.2) else None,
            related_agents=self.maybe(0.5),
            related_activities=self.maybe(0.5),
            since=since,
            until=until,
            ascending=self.maybe(0.5),
        )

    def _asked_agent(self, about: Held) -> Json:
        found = list(_everyone(all_agents(about.statement, about.authority)))
        if found and self.maybe(0.7):
            asked = self.chance.choice(found)
        else:
            asked = self.chance.choice([*self.agents, *self.groups, self.nobody])
        return {"name": "As the client knows it", **asked} if self.maybe(0.1) else asked

    def _asked_verb(self, about: Held) -> str:
        if self.maybe(0.6):
            return str(about.statement["verb"]["id"])
        return self.chance.choice([*self.verbs, VOIDED, "http://example.com/verbs/unheard-of"])

    def _asked_activity(self, about: Held) -> str:
        found = list(all_activities(about.statement))
        if found and self.maybe(0.7):
            return self.chance.choice(found)
        return self.chance.choice([*self.activities, "http://example.com/activities/unheard-of"])

    def _asked_registration(self, about: Held) -> str:
        found = about.statement.get("context", {}).get("registration")
        return self._spelt(
            found
            if found and self.maybe(0.7)
            else self.chance.choice([*self.registrations, str(self.uuid())])
        )

    def _moment(self, oracle: Oracle) -> Any:
        stored = self.chance.choice(list(oracle.held.values())).stored
        assert stored is not None
        return stored + timedelta(microseconds=self.chance.choice([0, 0, 0, -1, 1, 10_000, -10_000]))


def _everyone(agents: Iterator[Any]) -> Iterator[Json]:
    """Yield each identified agent or group as a query names it, members too."""
    for agent in agents:
        for each in [agent, *agent.get("member", [])]:
            named = {name: each[name] for name in ("objectType", *KINDS) if name in each}
            if named.keys() - {"objectType"}:
                yield named


def _identifier(name: str, kind: str) -> Json:
    mbox = f"mailto:{name}@example.com"
    if kind == "mbox":
        return {"mbox": mbox}
    if kind == "mbox_sha1sum":
        return {"mbox_sha1sum": hashlib.sha1(mbox.encode()).hexdigest()}
    if kind == "openid":
        return {"openid": f"https://id.example.com/{name}"}
    return {"account": {"homePage": "https://hr.example.com/", "name": name}}


def cut(chance: Random, found: Sequence[UUID], *, most: int) -> Iterator[Sequence[UUID]]:
    """Yield `found` in pieces of random sizes."""
    start = 0
    while start < len(found):
        end = start + chance.choice([1, 1, 2, chance.randint(1, most)])
        yield found[start:end]
        start = end
