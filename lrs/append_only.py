"""Which tables are only ever added to, declared by the app that owns them; grants are made from this.

    append_only("compliance_signature")                        rows are never changed or removed
    append_only("connectors_unit_path", changing=["recorded"]) one column may change, as a trigger allows it
    append_only("compliance_audit_entry", adding=False)        a trigger of the owner's writes it, nobody else

In: declarations, when an app is loaded. Out: what the application's database role may do with a table
(hub.database.grants), and `triggers`, SQL that refuses the rest whoever asks. Never a table that is written
otherwise: what is not declared may be changed and deleted by the application.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the application may do with a table besides reading it."""

    #: Whether it may insert rows itself.
    adding: bool = True
    #: Columns it may change, within what the table's triggers allow.
    changing: tuple[str, ...] = ()


_declared: dict[str, Declared] = {}


def append_only(*tables: str, adding: bool = True, changing: Iterable[str] = ()) -> None:
    """Declare tables as only ever added to."""
    for table in tables:
        _declared[table] = Declared(adding=adding, changing=tuple(changing))


def declared() -> Mapping[str, Declared]:
    """Return every declared table."""
    return dict(_declared)


def triggers(table: str) -> str:
    """Return SQL that refuses UPDATE, DELETE and TRUNCATE of `table`, for its owner and replicas as well."""
    return f"""
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION lrs_refuse_change();
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION lrs_refuse_change();
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
    """


append_only(
    "lrs_statement",
    "lrs_statement_reference",
    "lrs_voided_statement",
    "lrs_statement_attachment",
    "lrs_signature_finding",
    "lrs_attachment",
    "lrs_entity",
)
append_only("lrs_statement_entity", changing=["roles"])
# Written by disposition alone (compliance.retention), in a function of the owner's.
append_only("lrs_disposed_statement", "lrs_disposal_permit", adding=False)
append_only("lrs_disposed_attachment", adding=False, changing=["removed"])
