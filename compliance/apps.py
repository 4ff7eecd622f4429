"""Compliance as a Django application."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"
    verbose_name = "Compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: sources of the proof log, checks, a kind of alert.
        from compliance.proof import checks, disposals, nightly, statements  # noqa: F401
        from connectors.models import AlertKind
        from connectors.watch.findings import EVALUATORS

        EVALUATORS[AlertKind.PROOF] = nightly.findings
