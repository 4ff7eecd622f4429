"""Which tables are audited, and why the others are not. Every model of the project stands in one of the two.

    Audited("compliance.Course", store="store")     one line is all it takes
    EXEMPT["sessions.Session"] = "…the reason"

In: nothing. Out: `AUDITED` and `EXEMPT`, by model label. `silent` columns change by themselves all the time
and tell nothing of configuration; a change of those alone leaves no entry. `secret` columns show that they
changed, never what they hold. `store` is the way to the store a row belongs to, as Django follows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audited:
    """One audited model."""

    label: str
    store: str = ""
    silent: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


AUDITED: tuple[Audited, ...] = (
    # People who sign in, and what they may do
    Audited("auth.User", silent=("last_login",), secret=("password",)),
    Audited("auth.User_groups"),
    Audited("auth.User_user_permissions"),
    Audited("auth.Group"),
    Audited("auth.Group_permissions"),
    Audited("auth.Permission"),
    Audited("axes.AccessAttempt", secret=("get_data", "post_data")),
    Audited("axes.AccessAttemptExpiration"),
    # Credentials
    Audited("oauth2_provider.Application", silent=("updated",), secret=("client_secret",)),
    Audited("lrs.Credential", store="source.store", silent=("last_used",)),
    Audited("lrs.CredentialSecret", store="credential.source.store", secret=("keyed_hash",)),
    Audited("connectors.SystemSecret", store="system.store", secret=("encrypted",)),
    Audited("connectors.ScimToken", store="system.store", silent=("last_used",), secret=("keyed_hash",)),
    # Schedules
    Audited(
        "django_celery_beat.PeriodicTask",
        silent=("last_run_at", "total_run_count", "date_changed"),
    ),
    Audited("django_celery_beat.IntervalSchedule"),
    Audited("django_celery_beat.CrontabSchedule"),
    Audited("django_celery_beat.SolarSchedule"),
    Audited("django_celery_beat.ClockedSchedule"),
    # Configuration of the record store and of connections
    Audited("lrs.Store", store="id"),
    Audited("lrs.Source", store="store"),
    Audited(
        "connectors.System",
        store="store",
        silent=("watermark", "next_run", "circuit_failures", "circuit_open_until"),
    ),
    Audited("connectors.FieldMapping", store="system.store"),
    Audited("connectors.AlertChannel", store="store", secret=("encrypted_secret",)),
    # Syncs: who asked, approved and cancelled; their counters move with every page
    Audited(
        "connectors.SyncRun",
        store="system.store",
        silent=(
            "heartbeat", "attempts", "failures", "next_attempt", "checkpoint", "expected", "records",
            "created_count", "changed_count", "unchanged_count", "ended_count", "refused_count",
            "outside_count", "report",
        ),
    ),
    Audited("connectors.SyncException", store="system.store", silent=("last_seen", "times")),
    Audited("connectors.DriftFinding", store="system.store"),
    # HR: people, where they work, and as what
    Audited("connectors.Person", store="store"),
    Audited("connectors.PersonKey", store="person.store"),
    Audited("connectors.PersonVersion", store="person.store"),
    Audited("connectors.Identifier", store="person.store"),
    Audited("connectors.OrganizationUnit", store="store"),
    Audited("connectors.OrganizationUnitVersion", store="unit.store"),
    Audited("connectors.Job", store="store"),
    Audited("connectors.JobVersion", store="job.store"),
    Audited("connectors.Location", store="store"),
    Audited("connectors.LocationVersion", store="location.store"),
    Audited("connectors.WorkRelationship", store="person.store"),
    Audited("connectors.WorkRelationshipVersion", store="relationship.person.store"),
    Audited("connectors.WorkAssignment", store="relationship.person.store"),
    Audited("connectors.WorkAssignmentVersion", store="person.store"),
    # Identity: who an actor is
    Audited("connectors.PersonMerge", store="person.store"),
    Audited("connectors.ActorLink", store="actor.store"),
    Audited("connectors.IdentityRule", store="store"),
    Audited("connectors.IdentityReview", store="actor.store", silent=("candidates", "best", "ranked")),
    # Compliance
    Audited("compliance.Course", store="store"),
    Audited("compliance.CourseVersion", store="course.store"),
    Audited("compliance.CourseActivity", store="store"),
    Audited("compliance.Completion", store="store"),
    Audited("compliance.CompletionEvidence", store="completion.store"),
    Audited("compliance.AuditReview"),
    Audited("compliance.CourseEquivalence", store="course.store"),
    Audited("compliance.EquivalenceProposal", store="course.store"),
    Audited("compliance.CompletionRule", store="store"),
    Audited("compliance.CompletionRuleVersion", store="rule.store"),
    Audited("compliance.TrainingFile", store="store"),
    Audited("compliance.TrainingRecord", store="store", silent=("held_up",)),
    Audited("compliance.TrainingEvidence", store="record.store"),
    Audited("compliance.Curriculum", store="store"),
    Audited("compliance.Requirement", store="store"),
    Audited("compliance.RequirementVersion", store="requirement.store"),
    Audited("compliance.Waiver", store="requirement.store"),
    Audited("compliance.PracticalSignOff", store="store"),
    Audited("compliance.ReminderPolicy", store="store"),
    # Retention
    Audited("compliance.RetentionSchedule", store="store"),
    Audited("compliance.RetentionEvent", store="store"),
    Audited("compliance.LegalHold", store="store"),
    Audited("compliance.Disposition", store="store"),
    Audited("compliance.DispositionCertificate", store="disposition.store"),
    Audited("compliance.DataRequest", store="store"),
    Audited("compliance.SavedReport", store="store", silent=("next_run",)),
    Audited("compliance.ReportRun", store="store", silent=("bytes",)),
    # Signatures, accounts and access
    Audited("account.EmailAddress"),
    Audited("mfa.Authenticator", silent=("last_used_at",), secret=("data",)),
    Audited("compliance.Grant", store="store"),
    Audited("compliance.Recertification"),
    Audited("compliance.RecertificationItem"),
    Audited("compliance.AccountName"),
    Audited("compliance.Account"),
    Audited("compliance.PasswordReset"),
    Audited("compliance.Device", secret=("token_hash",)),
    Audited("compliance.SignaturePolicy"),
    Audited("compliance.Signature"),
    Audited("compliance.CompletedRecord"),
    Audited("compliance.CertificationLetter"),
    Audited("compliance.AccountabilityPolicy"),
    Audited("compliance.PolicyAcknowledgement"),
    Audited("compliance.IdentityVerification"),
    Audited("compliance.LogKey", secret=("encrypted_seed",)),
    Audited("compliance.LogDisposal"),
)  # fmt: skip

_LEARNING = "Learning records: append-only themselves, and in the proof log."
_LEARNT = "What the statements say of it, derived anew from them at any time."
_DERIVED = "Derived from the statements and the workforce record, which are audited or append-only."
_LOG = "A log itself, only ever added to."
_STATE = "The machinery's own state: where it has got to, not what anybody decided."
_TOKEN = "Short-lived tokens: each use of one is an access event."  # noqa: S105  a reason, no secret

EXEMPT: Mapping[str, str] = {
    "admin.LogEntry": _LOG,
    "contenttypes.ContentType": "Made from the program's models.",
    "sessions.Session": "Sessions: signing in and out are access events.",
    "oauth2_provider.Grant": _TOKEN,
    "oauth2_provider.AccessToken": _TOKEN,
    "oauth2_provider.RefreshToken": _TOKEN,
    "oauth2_provider.IDToken": _TOKEN,
    "oauth2_provider.DeviceGrant": _TOKEN,
    "django_celery_beat.PeriodicTasks": "A marker by which the clock notices that schedules changed.",
    "pghistory.Context": "Not written: the trail keeps who acted with each entry.",
    "pghistory.Events": "No table.",
    "pghistory.MiddlewareEvents": "No table.",
    "axes.AccessFailureLog": _LOG,
    "axes.AccessLog": _LOG,
    "lrs.Document": "Documents of learning systems: kept for them, changed by them alone.",
    "lrs.Entity": _LEARNING,
    "lrs.ActivityDefinition": _LEARNT,
    "lrs.AgentName": _LEARNT,
    "lrs.FeedCursor": _STATE,
    "lrs.InboxEntry": "Requests that were refused, with who closed each; kept for days only.",
    "lrs.InboxReason": "Why requests were refused; kept for days only.",
    "lrs.Statement": _LEARNING,
    "lrs.StatementEntity": _LEARNING,
    "lrs.StatementReference": _LEARNING,
    "lrs.VoidedStatement": _LEARNING,
    "lrs.Attachment": _LEARNING,
    "lrs.StatementAttachment": _LEARNING,
    "lrs.SignatureFinding": _LEARNING,
    "lrs.SourceHour": "Counts of statements.",
    "connectors.ChangeNote": _LOG,
    "connectors.UnitPath": _DERIVED,
    "connectors.WorkforceChange": _LOG,
    "connectors.ChangeCursor": _STATE,
    "connectors.Context": _DERIVED,
    "connectors.StatementContext": _DERIVED,
    "connectors.CoverageDay": _DERIVED,
    "connectors.Actor": "Actors as statements name them; who each of them is, is audited (ActorLink).",
    "connectors.IdentityRefresh": _STATE,
    "connectors.ScimResource": "What a SCIM client sent, beside the HR record made of it, which is audited.",
    "connectors.AppliedRecord": _STATE,
    "connectors.SeenRecord": _STATE,
    "connectors.MappedRecord": _STATE,
    "connectors.SourceShape": "What a source looked like, counted anew with each run.",
    "connectors.SourceBaseline": "What a source usually looks like, learnt from runs.",
    "connectors.Reconciliation": "A comparison, which changes nothing.",
    "connectors.ReconciliationDifference": "A comparison, which changes nothing.",
    "connectors.ProvisioningGap": _DERIVED,
    "connectors.SourceRhythm": _DERIVED,
    "connectors.SourceHabit": _DERIVED,
    "connectors.Alert": "Raised and cleared by themselves; who acknowledged one stands with it.",
    "connectors.AlertDelivery": _STATE,
    "compliance.AuditEntry": "The trail itself.",
    "account.EmailConfirmation": _TOKEN,
    "compliance.AccessEvent": _LOG,
    "compliance.Disclosure": _LOG,
    "compliance.PasswordUsed": "Earlier passwords, hashed; a change of password is an access event.",
    "compliance.AccountSession": "Sessions: signing in and out are access events.",
    "compliance.SigningSession": "Each signature names its session and when that began.",
    "compliance.SeenActivity": _LEARNT,
    "compliance.Reminder": "What was sent to whom and when, by the policy that is audited.",
    "compliance.Status": _DERIVED,
    "compliance.StatusWake": _STATE,
    "compliance.StatusChange": _LOG,
    "compliance.StatusCursor": _STATE,
    "compliance.CompletionChange": _LOG,
    "compliance.Outcome": _DERIVED,
    "compliance.Rework": _STATE,
    "compliance.IdentityCursor": _STATE,
    "compliance.DispositionItem": _LOG,
    "compliance.DispositionResult": _LOG,
    "compliance.LogHead": _STATE,
    "compliance.LogSource": _STATE,
    "compliance.LogEntry": _LOG,
    "compliance.LogSalt": "What keeps the leaves of the log from being guessed; its loss is a LogDisposal.",
    "compliance.LogTile": _LOG,
    "compliance.LogCheckpoint": _LOG,
    "compliance.LogCosignature": _LOG,
    "compliance.LogTimestamp": _LOG,
    "compliance.LogDisposed": _LOG,
    "compliance.LogCheck": "What the nightly check found, which changes nothing.",
}
