"""The audit trail as records of the log: who changed what, when and why, and the hash of what it was and is.

In: entries of the trail (compliance.trail). Out: records. What a row held before and after is committed to as
a hash, so a proof of one entry reveals nothing of it.
"""

from __future__ import annotations

from compliance.proof.sources import register
from compliance.proof.tables import hashed, moment, of_table

KIND = "audit"

AUDIT = register(
    of_table(
        KIND,
        3,
        "compliance_audit_entry",
        key="seq",
        at="at",
        name="operation || ' of ' || table_name || ' ' || row_key",
        columns={
            "at": moment("at"),
            "store": "store_id",
            "table": "table_name",
            "row": "row_key",
            "operation": "operation",
            "before_sha256": hashed("before"),
            "after_sha256": hashed("after"),
            "actor_kind": "actor_kind",
            "actor": "actor_id",
            "actor_name": "actor_name",
            "credential": "credential_id",
            "process": "process",
            "request": "request_id",
            "address": "address",
            "reason": "reason",
            "database_role": "database_role",
        },
    )
)
