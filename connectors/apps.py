"""The connectors as a Django application."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "connectors"
    verbose_name = "Connectors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: system checks, consumers of the feed and of changes.
        from connectors import changes, checks  # noqa: F401
        from connectors.enrichment import consume, follow, log  # noqa: F401
        from connectors.watch import provisioning  # noqa: F401
