"""The settings of an Oracle HCM connection: their JSON Schema, and the typed form the adapter reads.

In: `System.settings` as stored. Out: frozen options with every default filled in. Never a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from connectors.errors import CannotConnect

#: Of work structures: our kind → the attribute by which Oracle tells one from the other.
STRUCTURES: Mapping[str, tuple[str, str]] = {
    "organizations": ("unit", "OrganizationId"),
    "jobs": ("job", "JobId"),
    "locations": ("location", "LocationId"),
}
FEEDS = ("newhire", "termination", "empassignment", "empupdate", "workrelshipupdate")
#: What of a worker is asked for with it.
CHILDREN = ("names", "emails", "workRelationships.assignments.managers")
#: Oracle gives no more rows at once.
LIMIT_MOST = 500

_RESOURCE = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9]*$|^$"}

SETTINGS_SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url"],
    "properties": {
        "url": {
            "title": "Address of the pod",
            "type": "string",
            "pattern": "^https?://[^/?#]+/?$",
            "description": "As https://abcd.fa.em2.oraclecloud.com, without a path.",
        },
        "auth": {
            "title": "Authentication",
            "enum": ["basic", "oauth2"],
            "default": "basic",
            "description": "User name and password, or OAuth 2 client credentials of an identity domain.",
        },
        "username": {
            "title": "User name",
            "type": "string",
            "description": "Of the integration user; Basic only.",
        },
        "token_url": {
            "title": "Token address",
            "type": "string",
            "pattern": "^https?://|^$",
            "description": "As https://idcs-….identity.oraclecloud.com/oauth2/v1/token; OAuth 2 only.",
        },
        "client_id": {"title": "Client id", "type": "string", "description": "OAuth 2 only."},
        "scope": {
            "title": "Scope",
            "type": "string",
            "description": "As the identity domain lists it for the HCM application; OAuth 2 only.",
        },
        "allow_private": {
            "title": "The pod is in a private network",
            "type": "boolean",
            "default": False,
        },
        "version": {
            "title": "Version of the REST resources",
            "type": "string",
            "pattern": "^[0-9.]+$|^latest$",
            "default": "11.13.18.05",
        },
        "atom_path": {
            "title": "Path of the Atom feeds",
            "type": "string",
            "pattern": "^/",
            "default": "/hcmRestApi/atomservlet",
            "description": "Older pods: /hcmCoreApi/atomservlet.",
        },
        "feeds": {
            "title": "Atom feeds of employees",
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z]+$"},
            "default": list(FEEDS),
            "description": "What of them tells that a worker changed; the worker is then read again.",
        },
        "organizations": {
            **_RESOURCE,
            "title": "Resource of departments",
            "description": "REST resource, and work structure feed, with one row for each department; as "
            "organizations. Empty: departments are known as assignments name them.",
        },
        "jobs": {
            **_RESOURCE,
            "title": "Resource of jobs",
            "description": "As jobs. Empty: jobs are known as assignments name them.",
        },
        "locations": {
            **_RESOURCE,
            "title": "Resource of locations",
            "description": "As locations. Empty: locations are known as assignments name them.",
        },
        "expand": {
            "title": "More children of workers",
            "type": "string",
            "description": "Names with commas, as workRelationships.assignments.assignmentsDFF: what the "
            "mapping reads beyond names, e-mail, assignments and managers.",
        },
        "history_from": {
            "title": "History from",
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$|^$",
            "description": "Assignments are read back to this day, with a request for each change of each "
            "worker. Empty: what is so, what will be, and the last weeks.",
        },
        "page": {
            "title": "Workers at a time",
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MOST,
            "default": 100,
        },
        "overlap_minutes": {
            "title": "Overlap of the feeds, in minutes",
            "type": "integer",
            "minimum": 0,
            "maximum": 10080,
            "default": 60,
            "description": "Feeds are asked for so much of what was read before: entries arrive late.",
        },
    },
    "additionalProperties": False,
    "allOf": [
        {
            "if": {"properties": {"auth": {"const": "oauth2"}}, "required": ["auth"]},
            "then": {"required": ["token_url", "client_id"]},
            "else": {"required": ["username"]},
        }
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the settings say."""

    url: str
    auth: str = "basic"
    username: str = ""
    token_url: str = ""
    client_id: str = ""
    scope: str = ""
    allow_private: bool = False
    version: str = "11.13.18.05"
    atom_path: str = "/hcmRestApi/atomservlet"
    feeds: tuple[str, ...] = FEEDS
    organizations: str = ""
    jobs: str = ""
    locations: str = ""
    expand: str = ""
    history_from: date | None = None
    page: int = 100
    overlap_minutes: int = 60

    @property
    def rest(self) -> str:
        """Where the REST resources are."""
        return f"{self.url}/hcmRestApi/resources/{self.version}"

    @property
    def atom(self) -> str:
        """Where the Atom feeds are."""
        return f"{self.url}{self.atom_path.rstrip('/')}"

    @property
    def overlap(self) -> timedelta:
        """How much of what was read before the feeds are asked for again."""
        return timedelta(minutes=self.overlap_minutes)

    @property
    def expanded(self) -> str:
        """The children asked for with a worker."""
        more = (each.strip() for each in self.expand.split(","))
        return ",".join((*CHILDREN, *(each for each in more if each)))

    @property
    def structures(self) -> tuple[tuple[str, str], ...]:
        """(name of the setting, resource) of the work structures that are read."""
        named = ((name, getattr(self, name)) for name in STRUCTURES)
        return tuple((name, resource) for name, resource in named if resource)


def options(settings: Mapping[str, Any]) -> Options:
    """Return the options of a connection."""
    known = {each.name for each in fields(Options)}
    given = {name: value for name, value in settings.items() if name in known and value != ""}
    if not given.get("url"):
        raise CannotConnect("The settings do not say where the pod is.")
    given["url"] = given["url"].rstrip("/")
    if "feeds" in given:
        given["feeds"] = tuple(given["feeds"])
    if "history_from" in given:
        try:
            given["history_from"] = date.fromisoformat(given["history_from"])
        except ValueError as error:
            raise CannotConnect("“History from” is no day, as 2024-01-31.") from error
    return Options(**given)
