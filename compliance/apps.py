"""Compliance as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from lrs.append_only import append_only


class ComplianceConfig(AppConfig):
    name = "compliance"
    verbose_name = "Compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: sources of the proof log, checks, a kind of alert.
        from compliance.proof import audit, checks, disposals, nightly, statements  # noqa: F401
        from connectors.models import AlertKind
        from connectors.watch.findings import EVALUATORS

        EVALUATORS[AlertKind.PROOF] = nightly.findings
        # Imported for what they register: system checks, and logs that are ordered by transactions.
        from compliance.trail import install, read  # noqa: F401
        from compliance.trail.roles import make_roles

        post_migrate.connect(install.install, sender=self, dispatch_uid="compliance.trail.install")
        post_migrate.connect(make_roles, sender=self, dispatch_uid="compliance.trail.roles")


# The owner's triggers alone write it (compliance.trail.functions).
append_only("compliance_audit_entry", adding=False)
