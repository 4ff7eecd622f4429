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
from compliance.models.proof import (
    LogCheck,
    LogCheckpoint,
    LogCosignature,
    LogDisposal,
    LogDisposed,
    LogEntry,
    LogHead,
    LogKey,
    LogSalt,
    LogSource,
    LogTile,
    LogTimestamp,
)
from compliance.models.rules import CompletionRule, CompletionRuleVersion
from compliance.models.trail import AuditEntry, AuditReview, Operation
from compliance.models.training import TrainingEvidence, TrainingRecord, TrainingState

__all__ = [
    "AuditEntry",
    "AuditReview",
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
    "LogCheck",
    "LogCheckpoint",
    "LogCosignature",
    "LogDisposal",
    "LogDisposed",
    "LogEntry",
    "LogHead",
    "LogKey",
    "LogSalt",
    "LogSource",
    "LogTile",
    "LogTimestamp",
    "Operation",
    "Outcome",
    "Rework",
    "SeenActivity",
    "TrainingEvidence",
    "TrainingRecord",
    "TrainingState",
]
