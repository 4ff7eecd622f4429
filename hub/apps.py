"""The project as a Django application: its system checks and commands."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "LRS Hub"

    def ready(self) -> None:
        # Imported for what they register: system checks, and the Celery application by which web processes
        # reach the broker.
        from hub import celery, checks  # noqa: F401
