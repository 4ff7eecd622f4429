"""The tables of compliance, a module for each subject. Fields and constraints only."""

from compliance.models.access import (
    AccessEvent,
    Disclosure,
    EventKind,
    Grant,
    Recertification,
    RecertificationItem,
)
from compliance.models.accounts import (
    Account,
    AccountName,
    AccountSession,
    Device,
    PasswordReset,
    PasswordUsed,
)
from compliance.models.catalogue import Course, CourseActivity, CourseKind, CourseVersion
from compliance.models.completions import Completion, CompletionEvidence
from compliance.models.signing import (
    AccountabilityPolicy,
    CertificationLetter,
    CompletedRecord,
    IdentityVerification,
    Meaning,
    PolicyAcknowledgement,
    Signature,
    SignaturePolicy,
    SigningSession,
)

__all__ = [
    "AccessEvent",
    "Account",
    "AccountName",
    "AccountSession",
    "AccountabilityPolicy",
    "CertificationLetter",
    "CompletedRecord",
    "Completion",
    "CompletionEvidence",
    "Course",
    "CourseActivity",
    "CourseKind",
    "CourseVersion",
    "Device",
    "Disclosure",
    "EventKind",
    "Grant",
    "IdentityVerification",
    "Meaning",
    "PasswordReset",
    "PasswordUsed",
    "PolicyAcknowledgement",
    "Recertification",
    "RecertificationItem",
    "Signature",
    "SignaturePolicy",
    "SigningSession",
]
