"""Compliance as a Django application."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"
    verbose_name = "Compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what it registers: a consumer of changes of the workforce record.
        from compliance.status import follow  # noqa: F401
