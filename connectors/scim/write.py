"""Creating, replacing, patching and deleting, each in one transaction with what follows from it.

In: payloads as a client sent them. Out: rows. Writers of one connection wait for each other at a lock on its
system, so that of two who saw the same version one wins and the other is told (412). Raises the exceptions
of scim2-models for what contradicts SCIM, and NotReady; never for what the mapping refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction
from django.utils import timezone
from scim2_models import (
    Context,
    InvalidSyntaxException,
    PatchOp,
    Resource,
    UniquenessException,
)

from connectors.models import FieldMapping, ScimKind, ScimResource, System
from connectors.scim import kept, live
from connectors.scim.kept import Space
from connectors.scim.resources import MODELS, POLICY, of

_KEY_MOST = 200


@contextmanager
def _writing(space: Space) -> Iterator[tuple[Space, FieldMapping, datetime]]:
    """Hold the connection; give it as it is now, its mapping, and the time."""
    with transaction.atomic():
        system = System.objects.select_for_update(of=("self",), no_key=True).get(pk=space.system.pk)
        yield Space(system, space.base), live.mapping_of(system), timezone.now()


def create(space: Space, kind: str, payload: Any) -> ScimResource:
    """Make a resource; raise UniquenessException where there is one with its name or externalId."""
    resource = _valid(kind, payload, Context.RESOURCE_CREATION_REQUEST)
    with _writing(space) as (here, version, now):
        row = ScimResource(system=here.system, kind=kind, created=now, last_modified=now)
        kept.write(row, resource)
        _refuse_taken(here, row)
        if kind == ScimKind.USER:
            row.worker_key = _worker_key(here, row)
            live.engage(row, active=_active(resource), now=now)
        _save(row)
        _follow(here, version, row, now, members=())
    return row


def replace(space: Space, kind: str, uid: str, payload: Any, *, if_match: str = "") -> ScimResource:
    """Put another resource in the place of one."""
    wanted = _valid(kind, payload, Context.RESOURCE_REPLACEMENT_REQUEST)
    with _writing(space) as (here, version, now):
        row = here.row(kind, uid)
        kept.check_match(row, if_match)
        [original] = kept.read(here, [row])
        wanted.replace(original)
        if kind == ScimKind.USER and wanted["active"] is None:
            # Who says nothing of it does not mean a rehire.
            wanted["active"] = original["active"]
        return _changed(here, version, row, wanted, now)


def patch(space: Space, kind: str, uid: str, payload: Any, *, if_match: str = "") -> ScimResource:
    """Change parts of a resource, all operations or none."""
    operations = of(PatchOp, MODELS[kind]).model_validate(
        _lifted(payload), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
    )
    with _writing(space) as (here, version, now):
        row = here.row(kind, uid)
        kept.check_match(row, if_match)
        [resource] = kept.read(here, [row])
        operations.patch(resource, POLICY)
        return _changed(here, version, row, resource, now)


def delete(space: Space, kind: str, uid: str, *, if_match: str = "") -> None:
    """Forget a resource; a person's engagement ends, and no group has them any more."""
    with _writing(space) as (here, version, now):
        row = here.row(kind, uid)
        kept.check_match(row, if_match)
        members, gone = list(row.members), row.uid
        row.last_modified, row.engaged_since = now, None
        if kind == ScimKind.USER:
            live.follow(here, version, [row], now)
        row.delete()
        _leave_groups(here, gone, now)
        if kind == ScimKind.GROUP:
            row.members = []
            live.follow_group(here, version, row, members, now)


def _valid(kind: str, payload: Any, context: Context) -> Resource[Any]:
    if not isinstance(payload, Mapping):
        raise InvalidSyntaxException(detail="The body must be a JSON object.")
    return MODELS[kind].model_validate(payload, scim_ctx=context, scim_policy=POLICY)


def _lifted(payload: Any) -> Any:
    """Return a PATCH in which keys with a filter, which Entra sends without a path, are paths."""
    if not isinstance(payload, Mapping):
        raise InvalidSyntaxException(detail="The body must be a JSON object.")
    operations: list[Any] = []
    for each in payload.get("Operations") or ():
        value = each.get("value") if isinstance(each, Mapping) else None
        if not isinstance(value, Mapping) or each.get("path") or not any("[" in key for key in value):
            operations.append(each)
            continue
        rest = {key: part for key, part in value.items() if "[" not in key}
        if rest:
            operations.append({**each, "value": rest})
        operations += [
            {"op": each.get("op"), "path": key, "value": part} for key, part in value.items() if "[" in key
        ]
    return {**payload, "Operations": operations} if operations else payload


def _changed(
    space: Space, version: FieldMapping, row: ScimResource, resource: Resource[Any], now: datetime
) -> ScimResource:
    """Keep what a resource is now; a write that changes nothing makes no version."""
    before = (row.resource, row.external_id, row.name)
    members = list(row.members)
    kept.write(row, resource)
    if orjson.loads(row.resource) == orjson.loads(before[0]):
        return row
    if before[1:] != (row.external_id, row.name):
        _refuse_taken(space, row)
    row.version += 1
    row.last_modified = now
    if row.kind == ScimKind.USER:
        live.engage(row, active=_active(resource), now=now)
    _save(row)
    _follow(space, version, row, now, members=members)
    return row


def _follow(space: Space, version: FieldMapping, row: ScimResource, now: datetime, *, members: Any) -> None:
    if row.kind == ScimKind.USER:
        live.follow(space, version, [row], now)
    else:
        live.follow_group(space, version, row, members, now)


def _active(resource: Resource[Any]) -> bool:
    """Return whether an account is active; one that does not say is."""
    return getattr(resource, "active", None) is not False


def _refuse_taken(space: Space, row: ScimResource) -> None:
    """Raise UniquenessException for a name or externalId another resource has."""
    others = space.rows(row.kind).exclude(pk=row.pk)
    if row.kind == ScimKind.USER and others.filter(name=row.name).exists():
        raise UniquenessException(detail="There is a user with this userName.")
    if row.external_id is not None and others.filter(external_id=row.external_id).exists():
        raise UniquenessException(detail=f"There is a {row.kind} with this externalId.")


def _worker_key(space: Space, row: ScimResource) -> str:
    """Return the key the person is known by: what the identity provider calls them, for ever after.

    Whoever was deleted and comes back under the same externalId is the same person.
    """
    external = row.external_id or ""
    taken = space.rows(ScimKind.USER).filter(worker_key=external).exists()
    return external if external and len(external) <= _KEY_MOST and not taken else str(row.uid)


def _save(row: ScimResource) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise UniquenessException(detail=f"There is a {row.kind} with this name or externalId.") from error


def _leave_groups(space: Space, uid: UUID, now: datetime) -> None:
    for row in kept.groups_of(space, [uid]):
        [group] = kept.read(space, [row])
        group["members"] = [each for each in group["members"] or () if each.value != str(uid)] or None
        kept.write(row, group)
        row.version += 1
        row.last_modified = now
        _save(row)
