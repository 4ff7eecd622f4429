"""The connectors as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from lrs.append_only import append_only


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


# Bitemporal: nothing known is overwritten, a period ends (migrations/sql/bitemporal.sql has the triggers).
append_only(
    "connectors_person_version",
    "connectors_identifier",
    "connectors_organization_unit_version",
    "connectors_unit_path",
    "connectors_job_version",
    "connectors_location_version",
    "connectors_work_relationship_version",
    "connectors_work_assignment_version",
    "connectors_actor_link",
    changing=["recorded"],
)
append_only("connectors_statement_context", "connectors_person_merge", changing=["recorded_to"])
append_only("connectors_context", "connectors_workforce_change")
