"""`manage.py migrate`: Django's own, as the owner of the tables; then everybody is given what they need.

The role web, worker and beat run as may make no table (hub.database).
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as DjangosMigrate

from hub.database import grants, roles


class Command(DjangosMigrate):
    def handle(self, *arguments: Any, **options: Any) -> None:
        with roles.as_owner():
            super().handle(*arguments, **options)
            if (
                (role := roles.application())
                and not options.get("plan")
                and not options.get("check_unapplied")
            ):
                grants.apply(role)
