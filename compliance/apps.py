"""Compliance as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ComplianceConfig(AppConfig):
    name = "compliance"
    verbose_name = "Compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: consumers of the feed and of changes.
        from compliance.completions import changes, consume, follow  # noqa: F401
        from compliance.completions.starting import make_rules

        post_migrate.connect(make_rules, sender=self, dispatch_uid="compliance.completions.starting")
