"""EU GMP Annex 11 (2011), clause by clause, and ALCOA+ as MHRA, WHO and PIC/S use it.

Data only, as `tables`. Where a clause is of the organization and not of a program, the demand says so; what
the hub gives towards it stands in the pages.
"""

from __future__ import annotations

from hub.validation.tables import NIST, PART_11, Row, Table

_C = "tests/compliance/"
_HERE = "validation/index.md"

ANNEX_11 = (
    Row("1", "Risk management throughout the lifecycle (the organization's; each row here has its risk).",
        "medium", pages=(_HERE,)),
    Row("2", "Personnel: qualified, with defined responsibilities and access.", "medium", (
        f"{_C}access/test_routes.py", f"{_C}access/test_scope.py",
    ), ("compliance/accounts.md",)),
    Row("3", "Suppliers and service providers: agreements, audits (the organization's).", "medium"),
    Row("4.1", "Validation covers the lifecycle; its documents are at hand.", "high",
        ("tests/validation/*",), (_HERE, "validation/report.md")),
    Row("4.2", "Change control records and deviations are part of it (the organization's).",
        "medium"),
    Row("4.4", "User requirements are traceable.", "medium",
        ("tests/validation/test_traceability.py",), (_HERE,)),
    Row("4.7", "Test methods and scenarios are shown to be adequate; limits, data limits, error handling.",
        "high", ("tests/lrs/validation/*", "tests/faults/*", f"{_C}status/test_property.py")),
    Row("4.8", "Data moved to another format or system are not altered in value or meaning.", "high", (
        "tests/connectors/api/test_export.py", "tests/connectors/api/test_export_files.py",
    ), ("integrator/export.md",)),
    Row("5", "Data exchanged electronically: built-in checks for correct and secure entry.", "high", (
        "tests/lrs/validation/*", "tests/connectors/adapters/files/*", "tests/connectors/outbound/*",
    ), ("integrator/files.md",)),
    Row("6", "Accuracy of critical data entered by hand is checked.", "medium", (
        f"{_C}training/test_records.py", "tests/connectors/api/test_by_hand.py",
    ), ("compliance/completions.md",)),
    Row("7.1", "Data are secured against damage; accessible, readable, accurate while kept.", "high", (
        "tests/faults/*", f"{_C}proof/test_drill.py", f"{_C}proof/test_crash.py",
    ), ("operator/proof.md",)),
    Row("7.2", "Regular back-ups; restoring is checked.", "high", (f"{_C}proof/test_crash.py",),
        ("operator/backup.md",)),
    Row("8.1", "Clear printed copies of what is stored electronically.", "medium",
        (f"{_C}reports/test_reports.py",), ("compliance/reports.md",)),
    Row("8.2", "Printouts say whether data were changed since they were entered.", "medium", (
        f"{_C}reports/test_bundle.py", f"{_C}trail/test_pages.py",
    ), ("compliance/reports.md", "compliance/audit-trail.md")),
    Row("9", "Audit trail of changes and deletions, with the reason; reviewed regularly.", "high", (
        f"{_C}trail/*", f"{_C}signing/test_signables.py::test_a_review_of_the_audit_trail_*",
    ), ("compliance/audit-trail.md",)),
    Row("10", "Changes and configuration are controlled.", "high", (
        f"{_C}requirements/test_lifecycle.py", f"{_C}trail/test_asked.py", "tests/connectors/mapping/*",
    ), ("compliance/requirements.md",)),
    Row("11", "Periodic evaluation: still valid, still compliant (IQ and PQ can be run again at any time).",
        "medium", ("tests/validation/*",), (_HERE, "operator/proof.md")),
    Row("12.1", "Physical and logical controls restrict access to authorised persons.", "high", (
        f"{_C}access/test_accounts.py", f"{_C}access/test_routes.py",
    ), ("compliance/accounts.md",)),
    Row("12.3", "Creation, change and cancellation of access authorisations are recorded.", "high",
        (f"{_C}access/test_scope.py", f"{_C}trail/test_who.py"), ("compliance/accounts.md",)),
    Row("12.4", "The identity of who enters, changes, confirms or deletes is recorded, with date and time.",
        "high", (f"{_C}trail/test_who.py", f"{_C}trail/test_written.py"), ("compliance/audit-trail.md",)),
    Row("13", "Incidents are reported and assessed (the organization's; the hub raises alerts).", "medium",
        (f"{_C}access/test_unused_and_guessed.py", "tests/connectors/watch/*"), ("operator/alerts.md",)),
    Row("14", "Electronic signatures: permanently linked, with date and time.",
        "high", (f"{_C}signing/*", f"{_C}proof/test_signature_drill.py"), ("compliance/signatures.md",)),
    Row("15", "Batch release (not what the hub is for).", "low"),
    Row("16", "Business continuity: critical processes go on when the system breaks down.", "high",
        ("tests/faults/*",), ("operator/backup.md", "operator/scale.md")),
    Row("17", "Archived data stay accessible, readable and whole.", "high", (
        f"{_C}retention/*", f"{_C}reports/test_bundle.py",
    ), ("compliance/retention.md",)),
)  # fmt: skip

ALCOA = (
    Row("Attributable", "Who acted stands with each change; each statement with its credential.", "high",
        (f"{_C}trail/test_who.py", "tests/lrs/isolation/test_isolation.py"), ("compliance/audit-trail.md",)),
    Row("Legible", "Statements come back as they were sent; what was signed is shown line by line.", "medium",
        (f"{_C}signing/test_sign.py", f"{_C}reports/test_reports.py"), ("compliance/signatures.md",)),
    Row("Contemporaneous", "Claimed time (timestamp) and the time the hub had it (stored) are two things.",
        "high", (
        f"{_C}proof/test_drill.py::test_a_time_of_storing_that_was_changed_contradicts_key_and_leaf",
        "tests/connectors/workforce/test_both_times.py",
    )),
    Row("Original", "Statements are never edited: they are voided, or disposed of by rule.", "high",
        ("tests/lrs/ingest/test_append_only.py", f"{_C}retention/test_disposition.py"),
        ("compliance/retention.md",)),
    Row("Accurate", "Rules are data with versions; status is explained down to the statement.", "high",
        (f"{_C}status/test_property.py", f"{_C}completions/*"), ("compliance/status.md",)),
    Row("Complete", "The proof log misses nothing that was stored, and tells what was put in beside it.",
        "high", (f"{_C}proof/test_drill.py", f"{_C}proof/test_audit_drill.py"), ("operator/proof.md",)),
    Row("Consistent", "Times in UTC with an offset; one order of recording.", "medium", (
        f"{_C}proof/test_sources.py::test_a_record_says_the_same_in_every_time_zone_and_style",
        f"{_C}proof/test_sequence.py",
    )),
    Row("Enduring", "Append-only in the database itself; backups that are tested against the log.", "high",
        ("tests/lrs/ingest/test_append_only.py", "tests/hub/test_database_roles.py",
         f"{_C}proof/test_crash.py"), ("operator/backup.md",)),
    Row("Available", "Pages, API and files for as long as the record is kept.", "medium",
        (f"{_C}reports/*", f"{_C}api/test_api.py"), ("compliance/reports.md",)),
)  # fmt: skip

TABLES = (
    Table("Part 11", "21 CFR Part 11, clause by clause", "Clause", "part-11.md", PART_11),
    Table("Annex 11", "EU GMP Annex 11, clause by clause", "Clause", "annex-11.md", ANNEX_11),
    Table(
        "NIST", "NIST SP 800-53 Rev. 5, the controls the hub has a part in", "Control", "nist-800-53.md", NIST
    ),
    Table("ALCOA+", "ALCOA+, the marks of data that can be relied on", "Mark", "alcoa.md", ALCOA),
)
