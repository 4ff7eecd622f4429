"""The settings of a Workday connection: their JSON Schema, and the typed form the rest of the adapter reads.

In: `System.settings` as stored. Out: frozen options with every default filled in. Never a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import CannotConnect

#: Workday takes no larger pages.
COUNT_MOST = 999
_MIB = 1024 * 1024
#: Transactions whose rescinds come only when they are asked for by name.
NAMED_TYPES = (
    "Hire Employee",
    "Contract Contingent Worker",
    "Terminate Employee",
    "End Contingent Worker Contract",
)

SETTINGS_SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["interface", "url", "tenant"],
    "properties": {
        "interface": {
            "title": "Interface",
            "enum": ["soap", "raas"],
            "default": "soap",
            "description": "SOAP: Get_Workers, with changes and rescinds. RaaS: a custom report.",
        },
        "url": {
            "title": "Address of the services host",
            "type": "string",
            "pattern": "^https?://[^/]+/?$",
            "description": "As https://wd5-services1.example.com, without a path.",
        },
        "tenant": {"title": "Tenant", "type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
        "username": {
            "title": "Integration system user",
            "type": "string",
            "description": "Its user name, without @tenant.",
        },
        "time_zone": {
            "title": "Time zone of the tenant",
            "type": "string",
            "default": "UTC",
            "description": "As Europe/Berlin: where “today” is decided. The same as the connection's own.",
        },
        "allow_private": {
            "title": "The server is in a private network",
            "type": "boolean",
            "default": False,
        },
        "version": {
            "title": "SOAP: version of the web service",
            "type": "string",
            "pattern": r"^v[0-9]+\.[0-9]+$",
            "default": "v43.0",
        },
        "endpoint": {
            "title": "SOAP: address of the web service",
            "type": "string",
            "description": "Only where it is not Human_Resources of the host and tenant above.",
        },
        "count": {
            "title": "SOAP: workers in a page",
            "type": "integer",
            "minimum": 1,
            "maximum": COUNT_MOST,
            "default": 100,
        },
        "leavers": {
            "title": "SOAP: read workers who left, too",
            "type": "boolean",
            "default": True,
            "description": "Without them a worker who is not there any more is taken to have left.",
        },
        "future_days": {
            "title": "SOAP: days to look ahead for hires",
            "type": "integer",
            "minimum": 0,
            "maximum": 3650,
            "default": 730,
            "description": "A full run asks for hires that take effect within so many days.",
        },
        "transaction_types": {
            "title": "SOAP: transactions asked for by name",
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "default": list(NAMED_TYPES),
            "description": "Business process types, whose rescinds come only when they are named.",
        },
        "hire_types": {
            "title": "SOAP: which transactions are hires",
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "default": list(NAMED_TYPES[:2]),
        },
        "report": {
            "title": "RaaS: report",
            "type": "string",
            "pattern": "^(https?://[^?#]+|[^/?#]+/[^/?#]+)$",
            "description": "owner/Report_Name, or the whole address of the report.",
        },
        "format": {
            "title": "RaaS: format",
            "enum": ["json", "csv", "simplexml", "xml"],
            "default": "json",
        },
        "prompts": {
            "title": "RaaS: prompts",
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Alias and value of each. {date} stands for the day of the run, {moment} for its "
            "moment.",
        },
        "delta_prompt": {
            "title": "RaaS: prompt for changes",
            "type": "string",
            "description": "Alias of the prompt that limits the report to workers changed since a moment. "
            "Without it every run reads everybody.",
        },
        "key": {
            "title": "RaaS: column with the key of a worker",
            "type": "string",
            "default": "Employee_ID",
        },
        "sign_in": {
            "title": "RaaS: signing in",
            "enum": ["basic", "oauth"],
            "default": "basic",
            "description": "Password of the integration system user, or an API client with a refresh token.",
        },
        "token_url": {
            "title": "RaaS: address of the token endpoint",
            "type": "string",
            "description": "Empty: that of the host and tenant above.",
        },
        "client_id": {"title": "RaaS: client ID of the API client", "type": "string"},
        "most_bytes": {
            "title": "RaaS: largest report",
            "type": "integer",
            "minimum": 1024,
            "default": 2048 * _MIB,
        },
    },
    "additionalProperties": False,
    "allOf": [
        {
            "if": {"properties": {"interface": {"const": "soap"}}},
            "then": {"required": ["username"]},
            "else": {"required": ["report"]},
        },
        {
            "if": {"properties": {"sign_in": {"const": "oauth"}}, "required": ["sign_in"]},
            "then": {"required": ["client_id"]},
        },
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the settings say."""

    interface: str
    url: str
    tenant: str
    username: str = ""
    time_zone: str = "UTC"
    allow_private: bool = False
    version: str = "v43.0"
    endpoint: str = ""
    count: int = 100
    leavers: bool = True
    future_days: int = 730
    transaction_types: tuple[str, ...] = NAMED_TYPES
    hire_types: tuple[str, ...] = NAMED_TYPES[:2]
    report: str = ""
    format: str = "json"
    prompts: Mapping[str, str] = field(default_factory=dict)
    delta_prompt: str = ""
    key: str = "Employee_ID"
    sign_in: str = "basic"
    token_url: str = ""
    client_id: str = ""
    most_bytes: int = 2048 * _MIB

    @property
    def soap_address(self) -> str:
        """Where Get_Workers is called."""
        return self.endpoint or f"{self.url}/ccx/service/{self.tenant}/Human_Resources/{self.version}"

    @property
    def report_address(self) -> str:
        """Where the report is."""
        if self.report.startswith(("https://", "http://")):
            return self.report
        return f"{self.url}/ccx/service/customreport2/{self.tenant}/{quote(self.report, safe='/')}"

    @property
    def token_address(self) -> str:
        """Where a refresh token becomes an access token."""
        return self.token_url or f"{self.url}/ccx/oauth2/{self.tenant}/token"

    @property
    def account(self) -> str:
        """The user as WS-Security and basic authentication name it."""
        return self.username if "@" in self.username else f"{self.username}@{self.tenant}"

    def day(self, moment: datetime) -> date:
        """Return the day it is in the tenant's zone."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()


def options(settings: Mapping[str, Any]) -> Options:
    """Return the options of a connection; raise CannotConnect where they lack what every call needs."""
    given = {name: value for name, value in settings.items() if value not in ("", None)}
    if given.get("interface") not in ("soap", "raas") or not given.get("url") or not given.get("tenant"):
        raise CannotConnect("The settings do not say where Workday is (interface, url, tenant).")
    if unknown := given.keys() - {each.name for each in fields(Options)}:
        raise CannotConnect(f"The settings have {', '.join(sorted(unknown))}, which is not known.")
    for name in ("transaction_types", "hire_types"):
        if name in given:
            given[name] = tuple(given[name])
    given["url"] = str(given["url"]).rstrip("/")
    found = Options(**given)
    _check(found)
    return found


def _check(found: Options) -> None:
    if not urlsplit(found.url).hostname:
        raise CannotConnect(f"{found.url} is no address.")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", found.tenant):
        raise CannotConnect("The tenant may have letters, digits, - and _ only.")
    try:
        ZoneInfo(found.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CannotConnect(f"There is no time zone {found.time_zone}.") from error
    if found.interface == "soap" and not found.username:
        raise CannotConnect("The settings name no integration system user.")
    if found.interface == "raas" and not found.report:
        raise CannotConnect("The settings name no report.")
