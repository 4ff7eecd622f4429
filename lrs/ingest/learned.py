"""What statements say of activities and agents beside what they report.

In: statements with the ids of their entities. Out: what is news to this process is handed to lrs.learning,
the whole batch in one call. Only for callers that may define (lrs.auth.rules.may_define). Source: xAPI 1.0.3,
Data 2.4.4.1 ("Activity Definition") and Communication 2.4 (Person).

Mostly nothing is news, so the search for it is written for speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from lrs import learning
from lrs.identity import EntityKey, activity_key, agent_key

#: Activities with a definition and agents with a name, in the order they are said.
Described = list[Mapping[str, Any]]


def news(
    statements: Sequence[Mapping[str, Any]], entity_ids: Mapping[EntityKey, int]
) -> tuple[learning.Told, learning.Names]:
    """Return what the statements say of activities and agents that this process has not heard. No query."""
    activities: Described = []
    agents: Described = []
    for statement in statements:
        _listen(statement, activities, agents)
    return (
        _news_of_activities(activities, entity_ids) if activities else {},
        _news_of_agents(agents, entity_ids) if agents else {},
    )


def learn(statements: Sequence[Mapping[str, Any]], entity_ids: Mapping[EntityKey, int]) -> None:
    """Learn what the statements bring."""
    told, names = news(statements, entity_ids)
    if told or names:
        learning.learn(told, names)


def _news_of_activities(activities: Described, entity_ids: Mapping[EntityKey, int]) -> learning.Told:
    told: learning.Told = {}
    settled = learning.settled()
    for activity in activities:
        definition = activity["definition"]
        words = orjson.dumps(definition)
        entity_id = entity_ids[activity_key(activity["id"])]
        if (said := told.get(entity_id)) is not None:
            # Said again, it is the newest again.
            said.pop(words, None)
            said[words] = definition
        elif hash(words) not in settled.get(entity_id, ()):
            told[entity_id] = {words: definition}
    return told


def _news_of_agents(agents: Described, entity_ids: Mapping[EntityKey, int]) -> learning.Names:
    names: learning.Names = {}
    known = learning.names_known()
    for agent in agents:
        key = agent_key(agent)
        # An anonymous group is nobody.
        if key is not None:
            name = (entity_ids[key], agent["name"])
            hashed = hash(name)
            if hashed not in known:
                names[hashed] = name
    return names


def _listen(body: Mapping[str, Any], activities: Described, agents: Described) -> None:
    """Collect what a statement or sub-statement describes."""
    object_ = body["object"]
    kind = object_.get("objectType", "Activity")
    if kind == "Activity":
        if "definition" in object_:
            activities.append(object_)
    elif kind in ("Agent", "Group"):
        _listen_to_agent(object_, agents)
    _listen_to_agent(body["actor"], agents)
    if (context := body.get("context")) is not None:
        _listen_to_context(context, activities, agents)
    if kind == "SubStatement":
        _listen(object_, activities, agents)


def _listen_to_context(context: Mapping[str, Any], activities: Described, agents: Described) -> None:
    if "contextActivities" in context:
        for found in context["contextActivities"].values():
            for activity in found if isinstance(found, list) else (found,):
                if "definition" in activity:
                    activities.append(activity)
    if "instructor" in context:
        _listen_to_agent(context["instructor"], agents)
    if "team" in context:
        _listen_to_agent(context["team"], agents)
    # xAPI 2.0.
    for entry in context.get("contextAgents", ()):
        _listen_to_agent(entry["agent"], agents)
    for entry in context.get("contextGroups", ()):
        _listen_to_agent(entry["group"], agents)


def _listen_to_agent(agent: Mapping[str, Any], agents: Described) -> None:
    if "name" in agent:
        agents.append(agent)
    if "member" in agent:
        agents.extend([member for member in agent["member"] if "name" in member])
