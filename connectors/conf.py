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


def vault_keys() -> list[bytes]:
    """`CONNECTORS_VAULT_KEYS`: Fernet keys, newest first; none: derived from SECRET_KEY and its fallbacks."""
    return [each.encode() for each in getattr(settings, "CONNECTORS_VAULT_KEYS", ())]
