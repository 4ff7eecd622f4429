"""The tables of compliance, a module for each subject. Fields and constraints only."""

from compliance.models.catalogue import Course, CourseActivity, CourseKind, CourseVersion
from compliance.models.completions import Completion, CompletionEvidence

__all__ = [
    "Completion",
    "CompletionEvidence",
    "Course",
    "CourseActivity",
    "CourseKind",
    "CourseVersion",
]
