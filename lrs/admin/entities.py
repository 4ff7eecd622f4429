"""Activities with their canonical definitions, and agents with their names: find and read."""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern

from lrs.admin import json_view
from lrs.admin.base import LookOnly, SearchTooLong, bounded, chosen_store, looking_only
from lrs.admin.keyset import Listing, listing
from lrs.admin.search import agent_in
from lrs.errors import BadRequest
from lrs.identity import agent_identifier, digest
from lrs.models import ActivityDefinition, AgentName, Entity, EntityKind, Store
from lrs.sentence import identifier_text
from lrs.validation.statements import check_agent
from lrs.wire.version import Version

#: Names shown of one agent.
NAMES_MOST = 100


@admin.register(Entity)
class EntityAdmin(LookOnly):
    """The dictionary of everything statements point at."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.activities, "lrs_entity_changelist"),
            self.route("agents/", self.agents, "lrs_entity_agents"),
            self.route("<int:pk>/", self.entity, "lrs_entity_change"),
        ]

    def activities(self, request: HttpRequest) -> HttpResponse:
        """The activities of a store."""
        return self._list(request, EntityKind.ACTIVITY, "entities/activities.html", "Activities")

    def agents(self, request: HttpRequest) -> HttpResponse:
        """The agents and identified groups of a store."""
        return self._list(request, EntityKind.AGENT, "entities/agents.html", "Agents")

    def entity(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One activity or agent."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        entity = get_object_or_404(Entity, pk=min(pk, (1 << 63) - 1))
        definition = ActivityDefinition.objects.filter(pk=entity.pk).first()
        names = AgentName.objects.filter(entity=entity).order_by("id")[:NAMES_MOST]
        context = {
            "entity": entity,
            "store": Store.objects.filter(pk=entity.store_id).first(),
            "is_activity": entity.kind == EntityKind.ACTIVITY,
            "is_agent": entity.kind == EntityKind.AGENT,
            "definition": definition,
            "json": json_view.pretty(definition.definition) if definition else None,
            "names": names,
            "written": written(entity),
        }
        kind = EntityKind(entity.kind).label
        return self.page(request, "entities/entity.html", context, title=kind)

    def _list(self, request: HttpRequest, kind: EntityKind, template: str, title: str) -> HttpResponse:
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        store = chosen_store(request)
        typed = request.GET.get("q", "").strip().replace("\0", "")
        found, fault = _found(request, store, kind, typed)
        rows = _with_names(found, kind) if found is not None else []
        context = {
            "store": store,
            "stores": Store.objects.order_by("name"),
            "typed": typed,
            "listing": found,
            "rows": rows,
            "fault": fault,
        }
        return self.page(request, template, context, title=title)


def written(entity: Entity) -> str:
    """Return an entity's identifier as people write it."""
    if entity.kind != EntityKind.AGENT:
        return entity.identifier
    try:
        agent = orjson.loads(entity.identifier)
    except orjson.JSONDecodeError:
        return entity.identifier
    account = agent.get("account")
    return f"{account['homePage']} | {account['name']}" if account else identifier_text(agent)


def _found(
    request: HttpRequest, store: Store | None, kind: EntityKind, typed: str
) -> tuple[Listing | None, str]:
    if store is None:
        return None, ""
    rows: QuerySet[Any] = Entity.objects.filter(store_id=store.pk, kind=kind)
    if typed:
        identifier = _identifier(kind, typed)
        exact = Entity.objects.filter(digest=digest(store.pk, int(kind), identifier)) if identifier else None
        if exact is not None and exact.exists():
            rows = exact
        elif kind == EntityKind.ACTIVITY:
            rows = rows.filter(Q(identifier__icontains=typed) | Q(definition__name__icontains=typed))
        else:
            named = AgentName.objects.filter(
                entity__store_id=store.pk, entity__kind=EntityKind.AGENT, name__icontains=typed
            )
            rows = rows.filter(Q(identifier__icontains=typed) | Q(pk__in=named.values("entity")))
    try:
        with bounded():
            return listing(request, rows), ""
    except SearchTooLong as error:
        return None, error.sentence


def _identifier(kind: EntityKind, typed: str) -> str | None:
    """Return what is typed as an identifier of the dictionary; None where it is only a name."""
    if kind == EntityKind.ACTIVITY:
        return typed
    agent = agent_in(typed)
    if agent is None:
        return None
    try:
        check_agent(agent, Version.V1)
    except BadRequest:
        return None
    return agent_identifier(agent)


def _with_names(found: Listing, kind: EntityKind) -> list[dict[str, Any]]:
    ids = [entity.pk for entity in found.rows]
    names: dict[int, list[str]] = {}
    if kind == EntityKind.ACTIVITY:
        for pk, name in ActivityDefinition.objects.filter(pk__in=ids).values_list("pk", "name"):
            names[pk] = [name]
    else:
        known = AgentName.objects.filter(entity__in=ids).order_by("id").values_list("entity_id", "name")
        for pk, name in known[: NAMES_MOST * 10]:
            names.setdefault(pk, []).append(name)
    return [
        {"entity": entity, "names": names.get(entity.pk, [])[:3], "written": written(entity)}
        for entity in found.rows
    ]
