"""SCIM 2.0, pushed: an identity provider writes to the hub (connectors.scim), live.

Nothing is read here; what the engine needs to know is that the source pushes, and the mapping its records
start with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.adapters import Adapter, Finding, Page, Reading
from connectors.adapters.scim.default_mapping import DEFAULT_MAPPING

_SETTINGS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {},
    "additionalProperties": False,
}


def _read(_: Reading) -> Iterator[Page]:
    yield from ()


def _test(_: Reading) -> list[Finding]:
    return [
        Finding(
            "The identity provider writes to the hub",
            ok=True,
            detail="Test the connection there: it asks the hub for a user that does not exist.",
        )
    ]


ADAPTER = Adapter(
    key="scim",
    title="SCIM 2.0 (the identity provider writes to the hub)",
    settings_schema=_SETTINGS,
    secrets={},
    least_privilege=(
        "The hub needs no account in the identity provider. There, assign only the people and groups that "
        "are to be known here; its token opens this connection and nothing else."
    ),
    read=_read,
    test=_test,
    default_mapping=DEFAULT_MAPPING,
    absence_means_left=False,
    live=True,
)
