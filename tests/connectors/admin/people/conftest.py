"""Who uses the pages about people: Ada (superuser), Iris (decides), Vera (looks) and Gus (no permission)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.lrs.admin.conftest import SignedIn, ada, gus, signed_in

__all__ = ["ada", "gus", "signed_in"]

_LOOKS = (
    "view_person",
    "view_actor",
    "view_identityreview",
    "view_identityrule",
    "view_organizationunit",
    "view_coverageday",
)
_DECIDES = ("change_identityreview", "change_identityrule", "change_person", "add_person")


def _permitted(client: Client, *names: str) -> Client:
    user = User.objects.get(pk=client.session["_auth_user_id"])
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="connectors", codename__in=names)
    )
    return client


@pytest.fixture
def vera(signed_in: SignedIn) -> Client:
    """Who looks at people and changes nothing."""
    return _permitted(signed_in("Vera"), *_LOOKS)


@pytest.fixture
def iris(signed_in: SignedIn) -> Client:
    """Who decides who actors are; statements she may not read."""
    return _permitted(signed_in("Iris"), *_LOOKS, *_DECIDES)
