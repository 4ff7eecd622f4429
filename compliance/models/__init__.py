"""The tables of compliance, a module for each subject. Fields and constraints only."""

from compliance.models.catalogue import Course, CourseActivity, CourseKind, CourseVersion
from compliance.models.completions import Completion, CompletionEvidence
from compliance.models.trail import AuditEntry, AuditReview, Operation

__all__ = [
    "AuditEntry",
    "AuditReview",
    "Completion",
    "CompletionEvidence",
    "Course",
    "CourseActivity",
    "CourseKind",
    "CourseVersion",
    "Operation",
]
