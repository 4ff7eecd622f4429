"""The record store as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LrsConfig(AppConfig):
    name = "lrs"
    verbose_name = "Learning Record Store"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: system checks and consumers of the feed.
        from lrs import checks, statistics  # noqa: F401
        from lrs.admin.roles import make_roles
        from lrs.ingest import references  # noqa: F401

        post_migrate.connect(make_roles, sender=self, dispatch_uid="lrs.admin.roles")
