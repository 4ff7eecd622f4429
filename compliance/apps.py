"""Compliance as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from lrs.append_only import append_only


class ComplianceConfig(AppConfig):
    name = "compliance"
    verbose_name = "Compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: sources of the proof log, system checks, a kind of alert, consumers
        # of the feed and of changes, logs that are ordered by transactions, records that are signed.
        from compliance.access import alarm, review_kind, tasks  # noqa: F401
        from compliance.access.roles import make_roles as make_access_roles
        from compliance.accounts import signals  # noqa: F401
        from compliance.catalogue import signable as catalogue_signable  # noqa: F401
        from compliance.completions import changes, consume, follow  # noqa: F401
        from compliance.completions.starting import make_rules
        from compliance.proof import audit, checks, disposals, nightly, statements  # noqa: F401
        from compliance.reports import release  # noqa: F401
        from compliance.requirements import signables  # noqa: F401
        from compliance.retention import disposition  # noqa: F401
        from compliance.signing import logged  # noqa: F401
        from compliance.signing.defaults import make_policies
        from compliance.status import follow as follow_status  # noqa: F401
        from compliance.status import own_training  # noqa: F401
        from compliance.trail import install, read, signable  # noqa: F401
        from compliance.trail.roles import make_roles
        from compliance.training import signable as training_signable  # noqa: F401
        from compliance.training import signable_file  # noqa: F401
        from connectors.models import AlertKind
        from connectors.watch.findings import EVALUATORS

        EVALUATORS[AlertKind.PROOF] = nightly.findings
        EVALUATORS[AlertKind.SECURITY] = alarm.misuse
        for receiver, name in (
            (install.install, "compliance.trail.install"),
            (make_roles, "compliance.trail.roles"),
            (make_access_roles, "compliance.access.roles"),
            (make_rules, "compliance.completions.starting"),
            (make_policies, "compliance.signing.defaults"),
        ):
            post_migrate.connect(receiver, sender=self, dispatch_uid=name)


# The owner's triggers alone write it (compliance.trail.functions).
append_only("compliance_audit_entry", adding=False)
append_only("compliance_disposition_result", adding=False)
append_only("compliance_disposition_item", "compliance_disposition_certificate")
append_only(
    "compliance_signature",
    "compliance_completed_record",
    "compliance_policy_acknowledgement",
    "compliance_accountability_policy",
    "compliance_access_event",
    "compliance_disclosure",
    "compliance_account_name",
    "compliance_log_entry",
    "compliance_log_checkpoint",
    "compliance_log_cosignature",
    "compliance_log_timestamp",
    "compliance_log_disposal",
    "compliance_log_disposed",
)
