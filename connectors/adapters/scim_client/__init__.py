"""SCIM 2.0, pulled: the hub reads the users of another SCIM server.

The mapping is that of users who are pushed (connectors.adapters.scim). A server that filters by
`meta.lastModified` is asked for changes between full runs; deletions show in full runs only, by absence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.adapters import Adapter, Finding, Page, Reading
from connectors.adapters.scim.default_mapping import DEFAULT_MAPPING

_SETTINGS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["base"],
    "properties": {
        "base": {
            "title": "Address of the SCIM server",
            "type": "string",
            "pattern": "^https?://[^?#]+$",
            "description": "Up to and with its version, as https://idp.example.com/scim/v2.",
        },
        "filter": {
            "title": "Only users that match",
            "type": "string",
            "maxLength": 2000,
            "description": 'A SCIM filter, as userType eq "Contractor"; empty: everybody.',
        },
        "page": {
            "title": "Users at once",
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
            "default": 100,
        },
        "changes": {
            "title": "Ask for changes between full runs",
            "type": "boolean",
            "default": True,
            "description": "Switch it off where the server's lastModified cannot be trusted.",
        },
        "allow_private": {
            "title": "The server is in a private network",
            "type": "boolean",
            "default": False,
        },
    },
    "additionalProperties": False,
}


def _read(reading: Reading) -> Iterator[Page]:
    # SCIM's library takes a while to import; most processes never need it.
    from connectors.adapters.scim_client.read import read

    return read(reading)


def _test(reading: Reading) -> list[Finding]:
    from connectors.adapters.scim_client import trial

    return trial.tried(reading)


ADAPTER = Adapter(
    key="scim_client",
    title="SCIM 2.0 server (the hub reads it)",
    settings_schema=_SETTINGS,
    secrets={
        "token": "Bearer token; or instead of it:",
        "user": "User name (HTTP Basic)",
        "password": "Password (HTTP Basic)",
    },
    least_privilege=(
        "An account that may read `/Users` and `/ServiceProviderConfig`, and write nothing. Where the server "
        "limits attributes, leave out addresses, phone numbers and photos: the hub does not use them."
    ),
    read=_read,
    test=_test,
    default_mapping=DEFAULT_MAPPING,
    reads_changes=True,
)
