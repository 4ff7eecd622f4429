"""Resources as they are kept: from rows to what a client reads, and back.

In: rows of one connection, or resources. Out: resources with their id, meta and groups, or what is kept of
them. A password is never kept. Nothing here asks for rows of another connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize
from uuid import UUID

import orjson
from django.db.models import QuerySet
from scim2_models import (
    Context,
    InvalidValueException,
    Meta,
    NotFoundException,
    Path,
    PreconditionFailedException,
    Resource,
    default_comparison_key,
)

from connectors.models import ScimKind, ScimResource, System
from connectors.scim.resources import MODELS, POLICY, of

_NAMES = {
    "User": of(Path, MODELS["User"])("userName").resolve(),
    "Group": of(Path, MODELS["Group"])("displayName").resolve(),
}
_COLLECTIONS = {"User": "Users", "Group": "Groups"}
#: What the hub adds to a resource whenever it is read.
_ADDED = ("id", "meta", "groups")
_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Space:
    """The world of one connection: its system, and where its resources are."""

    system: System
    #: Address of /scim/v2, without a slash at its end.
    base: str

    def rows(self, kind: str | None = None) -> QuerySet[ScimResource]:
        """Return every resource of the connection, or those of a kind."""
        rows = ScimResource.objects.filter(system=self.system)
        return rows if kind is None else rows.filter(kind=kind)

    def row(self, kind: str, uid: str) -> ScimResource:
        """Return one resource; raise NotFoundException."""
        found = self.rows(kind).filter(uid=known).first() if (known := as_uid(uid)) is not None else None
        if found is None:
            raise NotFoundException(detail=f"There is no {kind} {uid[:100]}.")
        return found

    def location(self, row: ScimResource) -> str:
        """Return the address of a resource."""
        return f"{self.base}/{_COLLECTIONS[row.kind]}/{row.uid}"


def as_uid(text: Any) -> UUID | None:
    """Return an id as a UUID; None where no resource could have it."""
    try:
        found = UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
    return found if str(found) == text else None


def etag(row: ScimResource) -> str:
    """Return the version of a resource as an entity tag."""
    return f'W/"{row.version}"'


def check_match(row: ScimResource, if_match: str) -> None:
    """Raise PreconditionFailedException where a client has another version in mind."""
    if if_match and not matches(row, if_match):
        raise PreconditionFailedException(detail=f"The version is {etag(row)} by now.")


def matches(row: ScimResource, header: str) -> bool:
    """Return whether a list of entity tags names the version there is."""
    listed = {each.strip().removeprefix("W/") for each in header.split(",")}
    return "*" in listed or f'"{row.version}"' in listed


def comparable(kind: str, name: str | None) -> str:
    """Return a userName or displayName as comparisons see it."""
    return default_comparison_key(_NAMES[kind], name or "")


def exact(text: str) -> str:
    """Return an externalId as comparisons see it."""
    return normalize("NFC", text)


def write(row: ScimResource, resource: Resource[Any]) -> None:
    """Put a resource into its row; raise InvalidValueException where the database cannot keep it."""
    values: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    for each in _ADDED:
        values.pop(each, None)
    text = orjson.dumps(values, default=str)
    if b"\\u0000" in text:
        raise InvalidValueException(detail="A text contains a NUL character.")
    external = values.get("externalId") or None
    written = values.get("userName" if row.kind == ScimKind.USER else "displayName")
    row.name = comparable(row.kind, written)
    if len(row.name) > _LENGTH or len(external or "") > _LENGTH:
        raise InvalidValueException(detail=f"externalId and name may have {_LENGTH} characters at most.")
    row.external_id = exact(external) if external else None
    row.resource = text.decode()
    if row.kind == ScimKind.GROUP:
        listed = (as_uid(each.get("value")) for each in values.get("members", ()))
        row.members = sorted({each for each in listed if each is not None})


def read(space: Space, rows: Sequence[ScimResource]) -> list[Resource[Any]]:
    """Return resources as clients see them, in the order of their rows."""
    groups = _groups(space, rows)
    found = []
    for row in rows:
        values = orjson.loads(row.resource)
        if mine := groups.get(row.uid):
            values["groups"] = mine
        resource = MODELS[row.kind].model_validate(values, scim_policy=POLICY)
        resource.id = str(row.uid)
        resource.meta = Meta(
            resource_type=row.kind,
            created=row.created,
            last_modified=row.last_modified,
            location=space.location(row),
            version=etag(row),
        )
        found.append(resource)
    return found


def groups_of(space: Space, uids: Iterable[UUID]) -> QuerySet[ScimResource]:
    """Return the groups that have any of these as a member."""
    return space.rows(ScimKind.GROUP).filter(members__overlap=list(uids))


def _groups(space: Space, rows: Sequence[ScimResource]) -> dict[UUID, list[dict[str, str]]]:
    users = {row.uid for row in rows if row.kind == ScimKind.USER}
    found: dict[UUID, list[dict[str, str]]] = {}
    if not users:
        return found
    for group in groups_of(space, users):
        told = {
            "value": str(group.uid),
            "$ref": space.location(group),
            "display": orjson.loads(group.resource).get("displayName", ""),
            "type": "direct",
        }
        for member in users.intersection(group.members):
            found.setdefault(member, []).append(told)
    return found
