"""Roles that come with the hub."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from connectors.admin.roles import ROLES, make_roles

pytestmark = pytest.mark.django_db


def test_every_permission_of_a_role_exists() -> None:
    there = set(
        Permission.objects.filter(content_type__app_label="connectors").values_list("codename", flat=True)
    )
    assert {each for codenames in ROLES.values() for each in codenames} - there == set()


def test_a_role_an_administrator_changed_is_left_alone() -> None:
    make_roles()
    role = Group.objects.get(name="People: look")
    role.permissions.clear()
    make_roles()
    assert not role.permissions.exists()
