"""The only reader of `settings.CONNECTORS_*`: one typed function each, default in its docstring.

Each setting has a heading in docs/operator/settings.md.
"""

from __future__ import annotations

from django.conf import settings


def sync_attempts() -> int:
    """`CONNECTORS_SYNC_ATTEMPTS`: failed attempts of a run without progress after which it has failed; 5."""
    return int(getattr(settings, "CONNECTORS_SYNC_ATTEMPTS", 5))


def sync_stalled_seconds() -> int:
    """`CONNECTORS_SYNC_STALLED_SECONDS`: silence after which a run's process is taken for dead; 120."""
    return int(getattr(settings, "CONNECTORS_SYNC_STALLED_SECONDS", 120))


def circuit_failures() -> int:
    """`CONNECTORS_CIRCUIT_FAILURES`: failures in a row after which a system is left alone for a while; 5."""
    return int(getattr(settings, "CONNECTORS_CIRCUIT_FAILURES", 5))


def circuit_seconds() -> int:
    """`CONNECTORS_CIRCUIT_SECONDS`: for how long at first; twice as long after each further failure; 300."""
    return int(getattr(settings, "CONNECTORS_CIRCUIT_SECONDS", 300))


def keep_alerts_days() -> int:
    """`CONNECTORS_KEEP_ALERTS_DAYS`: days an alert is kept after it was cleared; 730. 0, for ever."""
    return int(getattr(settings, "CONNECTORS_KEEP_ALERTS_DAYS", 730))


def keep_deliveries_days() -> int:
    """`CONNECTORS_KEEP_DELIVERIES_DAYS`: days a delivery is kept that arrived or was given up; 90. 0, as long
    as its alert."""
    return int(getattr(settings, "CONNECTORS_KEEP_DELIVERIES_DAYS", 90))


def keep_reconciliations_days() -> int:
    """`CONNECTORS_KEEP_RECONCILIATIONS_DAYS`: days a reconciliation is kept; 730. 0, for ever."""
    return int(getattr(settings, "CONNECTORS_KEEP_RECONCILIATIONS_DAYS", 730))


def keep_run_details_days() -> int:
    """`CONNECTORS_KEEP_RUN_DETAILS_DAYS`: days the details of a run are kept, beyond its counts; 180. 0, for
    ever."""
    return int(getattr(settings, "CONNECTORS_KEEP_RUN_DETAILS_DAYS", 180))


def vault_keys() -> list[bytes]:
    """`CONNECTORS_VAULT_KEYS`: Fernet keys, newest first; none: derived from SECRET_KEY and its fallbacks."""
    return [each.encode() for each in getattr(settings, "CONNECTORS_VAULT_KEYS", ())]
