"""System checks of the connectors: settings they cannot work with, each with a stable id and a hint.

    connectors.E001  a setting of the connectors is not a whole number in its range
    connectors.E002  a key of the vault is no Fernet key
    connectors.W001  deliveries are to be kept longer than the alerts they go with

In: settings. Out: messages. Never a query.
"""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks

from connectors import conf

#: The lowest value each setting may have. A heartbeat comes every ten seconds.
LOWEST = {
    "CONNECTORS_SYNC_ATTEMPTS": 1,
    "CONNECTORS_SYNC_STALLED_SECONDS": 30,
    "CONNECTORS_CIRCUIT_FAILURES": 1,
    "CONNECTORS_CIRCUIT_SECONDS": 1,
    "CONNECTORS_KEEP_ALERTS_DAYS": 0,
    "CONNECTORS_KEEP_DELIVERIES_DAYS": 0,
    "CONNECTORS_KEEP_RECONCILIATIONS_DAYS": 0,
    "CONNECTORS_KEEP_RUN_DETAILS_DAYS": 0,
}


@checks.register
def sync_settings(**_: Any) -> list[checks.CheckMessage]:
    """connectors.E001."""
    messages: list[checks.CheckMessage] = []
    for name, lowest in LOWEST.items():
        value = getattr(settings, name, lowest)
        if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
            messages.append(
                checks.Error(
                    f"{name} is {value!r}.",
                    hint=f"Set it to a whole number of at least {lowest}, or leave it out for the default.",
                    id="connectors.E001",
                )
            )
    return messages


@checks.register
def keeping(**_: Any) -> list[checks.CheckMessage]:
    """connectors.W001."""
    try:
        alerts, deliveries = conf.keep_alerts_days(), conf.keep_deliveries_days()
    except (TypeError, ValueError):
        return []  # connectors.E001 says so.
    if not 0 < alerts < deliveries:
        return []
    return [
        checks.Warning(
            f"Deliveries are to be kept for {deliveries} days, the alerts they go with for {alerts}.",
            hint="Keep alerts at least as long, or deliveries no longer.",
            id="connectors.W001",
        )
    ]


@checks.register
def vault_keys(**_: Any) -> list[checks.CheckMessage]:
    """connectors.E002."""
    for number, key in enumerate(conf.vault_keys(), start=1):
        try:
            Fernet(key)
        except ValueError:
            return [
                checks.Error(
                    f"Key {number} of CONNECTORS_VAULT_KEYS is no Fernet key.",
                    hint="Each is 32 random bytes in URL-safe base64, as Fernet.generate_key() makes them.",
                    id="connectors.E002",
                )
            ]
    return []
