"""The settings of a SuccessFactors connection: their JSON Schema, and the typed form the adapter reads.

In: `System.settings` as stored. Out: frozen options with every default filled in. Never a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import CannotConnect

#: Navigations read with each person. The rest of a tenant's data never leaves it.
EXPAND = (
    "personalInfoNav",
    "emailNav/emailTypeNav",
    "personEmpTerminationInfoNav",
    "employmentNav/userNav",
    "employmentNav/jobInfoNav/emplStatusNav",
)
#: Foundation objects read before people, and what their records are called.
ORGANIZATION = {"FODepartment": "unit", "FOJobCode": "job", "FOLocation": "location"}
#: How pages are kept apart, the safest first; an entity that refuses one is asked for the next.
PAGING = ("snapshot", "cursor", "plain")
#: No page of SuccessFactors is longer.
PAGE_MOST = 1000

SETTINGS_SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url", "company", "user"],
    "properties": {
        "url": {
            "title": "API server",
            "type": "string",
            "pattern": "^https?://[^/?#]+/?$",
            "description": "As https://api4.successfactors.com, that of your data centre; without a path.",
        },
        "company": {"title": "Company ID", "type": "string", "minLength": 1},
        "user": {
            "title": "API user",
            "type": "string",
            "minLength": 1,
            "description": "Without the company ID. With OAuth: whom the assertion names.",
        },
        "login": {
            "title": "How the hub logs in",
            "enum": ["basic", "oauth"],
            "default": "basic",
            "description": "basic: user and password; oauth: a SAML bearer assertion signed by the hub.",
        },
        "client_id": {
            "title": "API key",
            "type": "string",
            "description": "Of the OAuth client application registered for the hub.",
        },
        "issuer": {
            "title": "Issuer of the assertion",
            "type": "string",
            "description": "Empty: the API key.",
        },
        "audience": {
            "title": "Audience of the assertion",
            "type": "string",
            "default": "www.successfactors.com",
        },
        "use_username": {
            "title": "The assertion names the user by user name",
            "type": "boolean",
            "default": False,
            "description": "Otherwise by userId.",
        },
        "allow_private": {
            "title": "The server is in a private network",
            "type": "boolean",
            "default": False,
        },
        "expand": {
            "title": "Navigations read with each person",
            "type": "array",
            "items": {"type": "string", "pattern": "^[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*$"},
            "default": list(EXPAND),
            "description": "What the mapping uses must be among them.",
        },
        "organization": {
            "title": "Foundation objects read before people",
            "type": "array",
            "items": {"enum": list(ORGANIZATION)},
            "uniqueItems": True,
            "default": list(ORGANIZATION),
            "description": "Units with their parents, jobs and locations, each with its history.",
        },
        "filter": {
            "title": "Only people for whom this holds",
            "type": "string",
            "maxLength": 2000,
            "description": "An OData $filter on PerPerson. Who stops meeting it is taken for gone.",
        },
        "paging": {
            "title": "Paging",
            "enum": list(PAGING),
            "default": "snapshot",
            "description": "An entity that refuses snapshots is read with a cursor, and else page by page.",
        },
        "page_size": {
            "title": "People on a page",
            "type": "integer",
            "minimum": 1,
            "maximum": PAGE_MOST,
            "default": 200,
        },
        "overlap_minutes": {
            "title": "Minutes of overlap",
            "type": "integer",
            "minimum": 0,
            "maximum": 1440,
            "default": 10,
            "description": "A run for changes reads again what changed so long before the last run began.",
        },
    },
}
SECRETS = {
    "password": "Password of the API user (login with user and password)",
    "private_key": "Private key (PEM, RSA) whose certificate is registered with the OAuth client",
}
LEAST_PRIVILEGE = """\
- A technical user of its own, with a permission role granted to that user alone, whose target population is
  everybody to be read (also inactive people and those who start later).
- **OData API → Employee Central HRIS OData API (read-only)**, and **Employee Central Foundation OData API
  (read-only)**. Not the editable ones, not *Admin access to OData API*, no upsert.
- *Read* on the fields of personal information, e-mail, employment details, job information and user that the
  mapping uses, with history; on `FODepartment`, `FOJobCode` and `FOLocation`. Nothing on pay, national IDs,
  dependents or addresses of people.
- Password login only from the hub's addresses (API login exceptions), or better OAuth with an X.509
  certificate whose private key only the hub has.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The settings, complete."""

    url: str
    company: str
    user: str
    login: str
    client_id: str
    issuer: str
    audience: str
    use_username: bool
    allow_private: bool
    expand: tuple[str, ...]
    organization: tuple[str, ...]
    filter: str
    paging: str
    page_size: int
    overlap: timedelta

    @property
    def service(self) -> str:
        """Where the OData service is, without a slash at the end."""
        return f"{self.url}/odata/v2"

    @property
    def token_url(self) -> str:
        """Where tokens are given out."""
        return f"{self.url}/oauth/token"


def options(settings: Mapping[str, Any]) -> Options:
    """Return the options; CannotConnect where something is missing or cannot be."""
    for name in ("url", "company", "user"):
        if not settings.get(name):
            raise CannotConnect(
                f"The setting “{SETTINGS_SCHEMA['properties'][name]['title']}” is missing.",
                suggestion="Fill it in for the connection.",
            )
    url = str(settings["url"]).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise CannotConnect(f"{url[:200]} is no address of an API server.")
    login = settings.get("login") or "basic"
    client_id = settings.get("client_id") or ""
    if login == "oauth" and not client_id:
        raise CannotConnect("Login with OAuth needs the API key of the OAuth client.")
    return Options(
        url=url,
        company=settings["company"],
        user=settings["user"],
        login=login,
        client_id=client_id,
        issuer=settings.get("issuer") or client_id,
        audience=settings.get("audience") or "www.successfactors.com",
        use_username=bool(settings.get("use_username", False)),
        allow_private=bool(settings.get("allow_private", False)),
        expand=tuple(settings.get("expand", EXPAND)),
        organization=tuple(
            each for each in ORGANIZATION if each in settings.get("organization", ORGANIZATION)
        ),
        filter=(settings.get("filter") or "").strip(),
        paging=settings.get("paging") or "snapshot",
        page_size=min(PAGE_MOST, int(settings.get("page_size", 200))),
        overlap=timedelta(minutes=int(settings.get("overlap_minutes", 10))),
    )
