"""The course catalogue in the administration.

courses       courses with their versions and activities; the catalogue out and in; two courses made one
unassigned    activities no course has, assigned with one click
equivalences  courses that count as others
"""

from __future__ import annotations

from compliance.admin.catalogue import courses, equivalences, unassigned

__all__ = ["GROUP", "MENU", "courses", "equivalences", "unassigned"]

GROUP = "Training"
MENU = [
    ("Courses", "school", "admin:compliance_course_changelist", "compliance.view_course"),
    (
        "Unassigned activities",
        "playlist_add",
        "admin:compliance_seenactivity_changelist",
        "compliance.view_seenactivity",
    ),
    (
        "Equivalences",
        "equal",
        "admin:compliance_courseequivalence_changelist",
        "compliance.view_courseequivalence",
    ),
]
