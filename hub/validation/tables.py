"""What the product is validated against, what is at risk, and which tests prove it.

Data only; EU GMP Annex 11 and ALCOA+ stand in `annex`.
A test is named by its file, or by file and function, with `*` as in file names. A test whose name
begins with a clause (`test_11_70_…`) belongs to that clause by itself. A row without tests is shown as such.
"""

from __future__ import annotations

from dataclasses import dataclass

_C = "tests/compliance/"


@dataclass(frozen=True, slots=True)
class Row:
    """A clause or a control."""

    id: str
    demand: str
    #: How bad it is where it does not hold: high, medium, low.
    risk: str
    tests: tuple[str, ...] = ()
    #: Pages of the documentation behind it, below docs/.
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one regulation, standard or idea."""

    #: In the ids of steps.
    short: str
    title: str
    #: What its rows are called.
    what: str
    #: The page it is written to, below docs/validation/.
    page: str
    rows: tuple[Row, ...]


PART_11 = (
    Row("11.10(a)", "Validated; invalid or altered records are discerned.", "high", (
        f"{_C}proof/test_drill.py", f"{_C}proof/test_audit_drill.py", f"{_C}proof/test_signature_drill.py",
        f"{_C}signing/test_signables.py::test_a_signed_training_record_vouches_for_its_statement",
    )),
    Row("11.10(b)", "Accurate and complete copies, readable and electronic.", "high", (
        f"{_C}trail/test_pages.py::test_the_file_holds_no_formula_and_every_entry_in_order",
    )),
    Row("11.10(c)", "Records are protected and retrieved throughout their retention.", "high", (
        "tests/hub/test_serve.py", f"{_C}proof/test_crash.py",
    )),
    Row("11.10(d)", "Access is limited to authorized individuals.", "high", (
        f"{_C}access/test_routes.py", f"{_C}access/test_scope.py", "tests/lrs/isolation/test_isolation.py",
        f"{_C}access/test_unused_and_guessed.py",
    )),
    Row("11.10(e)", "A secure, computer-generated, time-stamped audit trail that obscures nothing.", "high", (
        f"{_C}trail/test_written.py", f"{_C}trail/test_who.py", f"{_C}trail/test_kept.py",
        f"{_C}trail/test_declared.py", f"{_C}trail/test_asked.py",
    )),
    Row("11.10(f)", "Steps and events are taken in the permitted sequence only.", "medium", (
        f"{_C}requirements/test_lifecycle.py",
        f"{_C}signing/test_sign.py::test_a_policy_asks_for_order_and_different_people",
    )),
    Row("11.10(g)", "Authority checks: use, sign, access, alter.", "high", (
        f"{_C}signing/test_signables.py", f"{_C}access/test_routes.py",
    )),
    Row("11.10(h)", "Device checks of the source of data or instructions.", "medium"),
    Row("11.10(i)", "Who develops, maintains or uses the system is trained for it.", "medium", (
        f"{_C}signing/test_signables.py::test_an_evaluator_who_was_qualified_that_day_signs_off_practice",
    )),
    Row("11.10(j)", "Written policies hold people accountable for their signatures.", "high"),
    Row("11.10(k)", "Controls over the documentation of the system.", "low"),
    Row("11.30", "Open systems: also encryption and digital signatures as needed.", "medium", (
        f"{_C}proof/test_notes.py",
        "tests/hub/test_settings.py::test_a_public_https_address_turns_the_safe_defaults_on",
    )),
    Row("11.50", "Signed records show printed name, date and time, meaning, in every form.", "high"),
    Row("11.70", "Signatures cannot be excised, copied or transferred.", "high", (
        f"{_C}proof/test_signature_drill.py",
    )),
    Row("11.100(a)", "Each signature is of one individual and never reused.", "high"),
    Row("11.100(b)", "The identity of the individual is verified first.", "high"),
    Row("11.100(c)", "The organization certifies its signatures to FDA.", "medium"),
    Row("11.200(a)", "Two components; all at the first signing of a session.", "high"),
    Row("11.200(b)", "Biometric signatures are used by their owners alone.", "low"),
    Row("11.300(a)", "Combinations of identification code and password are unique.", "high"),
    Row("11.300(b)", "Issuances are checked, recalled or revised periodically.", "medium"),
    Row("11.300(c)", "Loss management.", "high"),
    Row("11.300(d)", "Transaction safeguards; misuse is reported at once.", "high", (
        f"{_C}access/test_unused_and_guessed.py",
    )),
    Row("11.300(e)", "Devices are tested initially and periodically.", "low"),
)  # fmt: skip

NIST = (
    Row("AC-2(3)", "Accounts nobody uses are disabled.", "medium", (
        f"{_C}access/test_unused_and_guessed.py::test_an_account_nobody_uses_*",
        f"{_C}access/test_unused_and_guessed.py::test_an_account_that_was_enabled_again_*",
    )),
    Row("AC-3", "Access is enforced; stores are kept apart.", "high", (
        f"{_C}access/test_routes.py", "tests/lrs/isolation/test_isolation.py",
    )),
    Row("AC-6", "Least privilege.", "high", (f"{_C}access/test_scope.py", f"{_C}access/test_routes.py")),
    Row("AC-7", "Failed sign-ins lock.", "high", (
        f"{_C}access/test_unused_and_guessed.py::*lock*", f"{_C}access/test_accounts.py::*lock*",
    )),
    Row("AC-11, AC-12", "Sessions lock and end.", "medium", (
        f"{_C}access/test_accounts.py::test_a_session_ends_*",
    )),
    Row("AC-17, AC-20", "Connections from outside are registered.", "medium"),
    Row("AT-2, AT-3, AT-4", "Training and records of it.", "medium", (
        f"{_C}status/test_read.py", f"{_C}training/test_records.py",
    )),
    Row("AU-2, AU-3, AU-12", "Events, what they hold, where they come from.", "high", (
        f"{_C}trail/test_written.py", f"{_C}trail/test_who.py", f"{_C}trail/test_declared.py",
    )),
    Row("AU-5", "Where auditing fails, so does what would be audited.", "high", (
        f"{_C}trail/test_written.py::test_where_the_trail_cannot_be_written_nothing_is_changed",
        f"{_C}access/test_scope.py::test_nothing_is_shown_where_the_log_cannot_be_written",
    )),
    Row("AU-6, AU-7", "The trail is reviewed; reports alter nothing.", "medium", (
        f"{_C}trail/test_pages.py", f"{_C}signing/test_signables.py::test_a_review_of_the_audit_trail_*",
    )),
    Row("AU-8", "Time stamps in UTC.", "medium", (
        f"{_C}proof/test_sources.py::test_a_record_says_the_same_in_every_time_zone_and_style",
    )),
    Row("AU-9", "Audit information is protected.", "high", (
        f"{_C}trail/test_kept.py", f"{_C}proof/test_audit_drill.py", f"{_C}proof/test_vouched.py",
        "tests/hub/test_database_roles.py",
    )),
    Row("AU-10", "Non-repudiation.", "high", (
        f"{_C}signing/test_sign.py", f"{_C}proof/test_signature_drill.py",
    )),
    Row("AU-11", "Audit records are retained.", "medium"),
    Row("IA-2(1)(2)(8)", "Second factors; replay is refused.", "high", (
        f"{_C}access/test_accounts.py::test_a_second_factor_*",
        f"{_C}access/test_accounts.py::test_a_wrong_code_lets_nobody_in",
    )),
    Row("IA-5", "Authenticators are managed.", "medium", (f"{_C}access/test_accounts.py::*password*",)),
    Row("IA-11", "Signing asks again who signs.", "high", (f"{_C}signing/test_components.py",)),
    Row("SC-7, SC-8, SC-23", "Boundaries, encrypted transport, sessions.", "medium", (
        "tests/hub/test_settings.py",
    )),
    Row("SC-12, SC-13, SC-28", "Keys are rotated without loss; secrets are encrypted.", "medium", (
        f"{_C}proof/test_vouched.py::test_keys_*", "tests/connectors/test_vault.py",
    )),
    Row("SI-7", "Integrity of information is verified.", "high", (f"{_C}proof/test_drill.py",)),
    Row("SI-10, SI-11", "Input is checked; errors leak nothing.", "medium", (
        "tests/hub/test_logs.py", "tests/hub/test_refusals.py",
    )),
    Row("SI-12", "Retention and disposal.", "medium", (f"{_C}proof/test_erasure.py",)),
    Row("CM-3, CM-5", "Changes of configuration are approved by somebody else.", "high", (
        f"{_C}signing/test_signables.py", f"{_C}trail/test_asked.py",
    )),
    Row("CP-9, CP-10", "Backups are restored consistently.", "high", (f"{_C}proof/test_crash.py",)),
)  # fmt: skip
