"""The tables of compliance, a module for each subject. Fields and constraints only."""

from compliance.models.catalogue import Course, CourseActivity, CourseKind, CourseVersion
from compliance.models.completions import Completion, CompletionEvidence
from compliance.models.reminders import Recipient, Reminder, ReminderPolicy
from compliance.models.requirements import Curriculum, Requirement, RequirementVersion, VersionState
from compliance.models.status import Status, StatusChange, StatusCursor, StatusWake
from compliance.models.waivers import PracticalSignOff, Waiver, WaiverKind

__all__ = [
    "Completion",
    "CompletionEvidence",
    "Course",
    "CourseActivity",
    "CourseKind",
    "CourseVersion",
    "Curriculum",
    "PracticalSignOff",
    "Recipient",
    "Reminder",
    "ReminderPolicy",
    "Requirement",
    "RequirementVersion",
    "Status",
    "StatusChange",
    "StatusCursor",
    "StatusWake",
    "VersionState",
    "Waiver",
    "WaiverKind",
]
