"""What is known of an activity: the canonical definition, merged from every statement that carried one.

In: definitions as statements carry them (valid already). Out: the merged definition, which lrs.learning
keeps beside the activity's entity. Never a change of a statement: originals stay as they were sent.

How definitions merge (xAPI 1.0.3, Data 2.4.4.1; XAPI-00254):
- language maps are united, the newer text wins where both have a language;
- `type`, `moreInfo` and anything else plain: the newer value wins;
- `extensions` are united by key, the newer value wins;
- what decides whether an answer is right stays as it was first given ("an LRS SHOULD NOT make significant
  changes … e.g. changes to correct responses"): another interactionType or correctResponsesPattern is not
  taken over, while components gain new choices and translations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from lrs import conf
from lrs.identity import ACTIVITY, digest
from lrs.models import ActivityDefinition
from lrs.wire import language, strict_json

Definition = Mapping[str, Any]

LANGUAGE_MAPS = ("name", "description")
COMPONENTS = ("choices", "scale", "source", "target", "steps")
#: Where these two differ from what is known, the newer interaction is another question.
ANSWER = ("interactionType", "correctResponsesPattern")


def merge(existing: Definition | None, incoming: Definition) -> dict[str, Any]:
    """Return the two definitions as one; neither is changed."""
    if not existing:
        return dict(incoming)
    merged = dict(existing)
    same_interaction = _same_interaction(existing, incoming)
    for name, value in incoming.items():
        if name in ANSWER or name in COMPONENTS:
            if not same_interaction:
                continue
            known = merged.get(name)
            if name in COMPONENTS:
                merged[name] = _united_components(known or [], value)
            else:
                merged[name] = value if known is None else known
        elif name in LANGUAGE_MAPS or name == "extensions":
            merged[name] = {**merged.get(name, {}), **value}
        else:
            merged[name] = value
    return merged


def canonical(store_id: int, activity_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the known definitions among `activity_ids` of one store; the others are left out."""
    rows = ActivityDefinition.objects.filter(
        entity__digest__in=[digest(store_id, ACTIVITY, each) for each in set(activity_ids)],
        entity__store_id=store_id,
    ).values_list("entity__identifier", "definition")
    return {identifier: parsed(text) for identifier, text in rows}


def read(store_id: int, activity_id: str) -> dict[str, Any]:
    """Return the whole Activity object; without a definition where none is known (Communication 2.5)."""
    activity: dict[str, Any] = {"objectType": "Activity", "id": activity_id}
    definition = canonical(store_id, [activity_id]).get(activity_id)
    if definition:
        activity["definition"] = definition
    return activity


def parsed(text: str) -> dict[str, Any]:
    """Return a stored definition with its numbers as they were written."""
    exact: dict[str, Any] = strict_json.parse(text.encode(), depth=conf.json_depth()).exact
    return exact


def shown_name(definition: Definition) -> str:
    """Return one of its names, for lists and search; empty where it has none."""
    names = definition.get("name")
    if not names:
        return ""
    chosen = next(iter(names)) if len(names) == 1 else language.best(list(names), None)
    # PostgreSQL keeps no NUL in text.
    return str(names[chosen]).replace("\0", "")


def _same_interaction(existing: Definition, incoming: Definition) -> bool:
    """Whether `incoming` asks the question that is known, or the first one."""
    return all(
        name not in existing or name not in incoming or existing[name] == incoming[name] for name in ANSWER
    )


def _united_components(known: list[dict[str, Any]], newer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the interaction components with new ones at the end and descriptions united."""
    united = {component["id"]: component for component in known}
    for component in newer:
        before = united.get(component["id"], {})
        description = {**before.get("description", {}), **component.get("description", {})}
        united[component["id"]] = {**before, **component} | (
            {"description": description} if description else {}
        )
    return list(united.values())
