"""The tables of compliance, a module for each subject. Fields and constraints only."""

from compliance.models.catalogue import (
    Course,
    CourseActivity,
    CourseEquivalence,
    CourseKind,
    CourseVersion,
    SeenActivity,
)
from compliance.models.completions import (
    Completion,
    CompletionChange,
    CompletionEvidence,
    IdentityCursor,
    Outcome,
    Rework,
)
from compliance.models.rules import CompletionRule, CompletionRuleVersion
from compliance.models.training import TrainingEvidence, TrainingRecord, TrainingState

__all__ = [
    "Completion",
    "CompletionChange",
    "CompletionEvidence",
    "CompletionRule",
    "CompletionRuleVersion",
    "Course",
    "CourseActivity",
    "CourseEquivalence",
    "CourseKind",
    "CourseVersion",
    "IdentityCursor",
    "Outcome",
    "Rework",
    "SeenActivity",
    "TrainingEvidence",
    "TrainingRecord",
    "TrainingState",
]
