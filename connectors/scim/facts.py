"""What the mapping is given of a user: the resource as a client reads it, and what the hub knows besides.

In: rows of users. Out: JSON values of their resources with a member `hub`:

    workerKey, managerKey, sponsorKey    the keys the workforce record knows these people by
    engagement                           number of the engagement; 2 after a rehire
    engagedSince                         its first day: the hire date, unless that is an earlier engagement's
    toldSince                            since when the resource is so, where that is not now
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db.models import Q
from scim2_models import Context

from connectors.models import ScimKind, ScimResource
from connectors.scim import kept
from connectors.scim.kept import Space
from connectors.scim.resources import ENTERPRISE, EXTENSION


def raw(space: Space, rows: Sequence[ScimResource]) -> list[dict[str, Any]]:
    """Return the raw records of users or groups, in the order of their rows."""
    keys = _keys(space, rows)
    zone = ZoneInfo(space.system.time_zone)
    found = []
    for row, resource in zip(rows, kept.read(space, rows), strict=True):
        values: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
        if row.kind == ScimKind.USER:
            values["hub"] = _facts(values, row, keys, zone)
        found.append(values)
    return found


def _keys(space: Space, rows: Sequence[ScimResource]) -> dict[str, str]:
    """Return the worker's key for whatever users are named by: id, externalId or userName."""
    named: set[str] = set()
    for row in rows:
        if row.kind == ScimKind.USER and ("manager" in row.resource or "sponsor" in row.resource):
            named |= set(_named(orjson.loads(row.resource)))
    if not named:
        return {}
    uids = [uid for each in named if (uid := kept.as_uid(each)) is not None]
    names = {kept.comparable("User", each): each for each in named}
    users = space.rows(ScimKind.USER).filter(
        Q(uid__in=uids) | Q(external_id__in=named) | Q(name__in=list(names))
    )
    found: dict[str, str] = {}
    for name_of in (_by_name(names), lambda user: user.external_id, lambda user: str(user.uid)):
        found |= {name: user.worker_key for user in users if (name := name_of(user)) in named}
    return found


def _by_name(names: dict[str, str]) -> Any:
    return lambda user: names.get(user.name)


def _named(values: dict[str, Any]) -> list[str]:
    manager = values.get(ENTERPRISE, {}).get("manager", {}).get("value")
    sponsor = values.get(EXTENSION, {}).get("sponsor")
    return [each for each in (manager, sponsor) if each]


def _facts(values: dict[str, Any], row: ScimResource, keys: dict[str, str], zone: ZoneInfo) -> dict[str, Any]:
    own = values.get(EXTENSION, {})
    manager = values.get(ENTERPRISE, {}).get("manager", {}).get("value")
    sponsor = own.get("sponsor")
    known = {
        "workerKey": row.worker_key,
        "managerKey": keys.get(manager, manager),
        "sponsorKey": keys.get(sponsor, sponsor),
    }
    if row.engagement and row.engaged_since is not None:
        active = row.engaged_since.astimezone(zone).date()
        known["engagement"] = str(row.engagement)
        known["engagedSince"] = _engaged_since(own.get("hireDate"), row, active, zone)
        known["toldSince"] = _told_since(own, row, zone)
    return {name: each for name, each in known.items() if each}


def _engaged_since(hire_date: str | None, row: ScimResource, active: date, zone: ZoneInfo) -> str:
    """Return the first day of the engagement: the hire date, unless that is the one of an earlier engagement.

    A date nobody can read is left to the mapping, which refuses it with a reason.
    """
    if not hire_date:
        return active.isoformat()
    day = _day(hire_date)
    if row.ended_before is None or day is None or day > row.ended_before.astimezone(zone).date():
        return hire_date
    return active.isoformat()


def _told_since(own: dict[str, Any], row: ScimResource, zone: ZoneInfo) -> str | None:
    effective = own.get("effectiveDate")
    if row.ended_before is None:
        return effective
    day, ended = _day(effective), row.ended_before.astimezone(zone).date()
    if effective and (day is None or day > ended):
        return str(effective)
    hired = _day(own.get("hireDate"))
    if hired is not None and hired > ended:
        return None
    # Whoever came back on the day they left was nobody's in between.
    since = row.engaged_since
    return since.isoformat() if since is not None and since == row.last_modified else None


def _day(text: Any) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except (TypeError, ValueError):
        return None
