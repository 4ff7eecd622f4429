"""Compliance as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ComplianceConfig(AppConfig):
    name = "compliance"
    verbose_name = "Compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: receivers of signals, kinds of alerts, kinds of records to sign.
        from compliance.access import alarm, review_kind, tasks  # noqa: F401
        from compliance.access.roles import make_roles
        from compliance.accounts import signals  # noqa: F401
        from connectors.models import AlertKind
        from connectors.watch.findings import EVALUATORS

        EVALUATORS[AlertKind.SECURITY] = alarm.misuse
        # After the permissions, which auth makes in a receiver that was connected before.
        post_migrate.connect(make_roles, sender=self, dispatch_uid="compliance.access.roles")
