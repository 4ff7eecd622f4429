"""The connectors as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConnectorsConfig(AppConfig):
    name = "connectors"
    verbose_name = "Connectors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: system checks, consumers of the feed and of changes.
        from connectors import changes, checks  # noqa: F401
        from connectors.admin.roles import make_roles
        from connectors.enrichment import consume, follow, log  # noqa: F401
        from connectors.watch import provisioning  # noqa: F401

        # After the permissions, which auth makes in a receiver that was connected before.
        post_migrate.connect(make_roles, sender=self, dispatch_uid="connectors.admin.roles")
