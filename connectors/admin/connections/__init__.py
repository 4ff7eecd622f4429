"""Connections in the administration: set up, mapped, tried on some, run, repaired, written down.

    systems      the list of connections, and the one page that tells everything about one
    setup        the guided set-up, step by step; the same pages change a connection later
    mappings     versions of field mappings, their editor and its live preview
    runs         sync runs with live progress, and what a person answers a run that asks
    exceptions   refused records: corrected, replayed, dismissed
    drift        where a source is not as it was

Everything is done by connectors.sync, connectors.mapping and connectors.drift; what changes a connection
leaves a note in its history.
"""

from connectors.admin.connections import drift, exceptions, mappings, runs, systems

__all__ = ["MENU", "drift", "exceptions", "mappings", "runs", "systems"]

MENU = [
    ("Connections", "cable", "admin:connectors_system_changelist", "connectors.view_system"),
    ("Sync runs", "sync", "admin:connectors_syncrun_changelist", "connectors.view_syncrun"),
    ("Exceptions", "report", "admin:connectors_syncexception_changelist", "connectors.view_syncexception"),
    ("Drift", "difference", "admin:connectors_driftfinding_changelist", "connectors.view_driftfinding"),
]
