"""Completions in the administration.

completions   who completed what, on which statements it stands, and what was withdrawn why
rules         by which rules, from a draft tried on a sample to what stands
records       training told by hand: kept, shown, posted, withdrawn; many from a file
files         the files they came in, each signed as one
"""

from __future__ import annotations

from compliance.admin.completions import completions, files, records, rules

__all__ = ["GROUP", "MENU", "completions", "files", "records", "rules"]

GROUP = "Training"
MENU = [
    ("Completions", "task_alt", "admin:compliance_completion_changelist", "compliance.view_completion"),
    (
        "Training records",
        "assignment_ind",
        "admin:compliance_trainingrecord_changelist",
        "compliance.view_trainingrecord",
    ),
    (
        "Training files",
        "upload_file",
        "admin:compliance_trainingfile_changelist",
        "compliance.view_trainingrecord",
    ),
    (
        "Completion rules",
        "rule_settings",
        "admin:compliance_completionrule_changelist",
        "compliance.view_completionrule",
    ),
]
