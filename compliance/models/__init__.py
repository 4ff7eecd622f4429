"""The tables of compliance, a module for each subject. Fields and constraints only."""

from compliance.models.catalogue import Course, CourseActivity, CourseKind, CourseVersion
from compliance.models.completions import Completion, CompletionEvidence
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
]
