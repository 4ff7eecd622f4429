"""Who uses the pages of connections: Ada (superuser), Ingo (integrates), Vera (looks), Gus (no role)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from connectors.admin.roles import INTEGRATES, LOOKS
from tests.connectors.sync.source import Roster

SignedIn = Callable[..., Client]


@pytest.fixture
def signed_in(database: None) -> SignedIn:
    """Return a browser in which a new member of staff is signed in."""

    def make(name: str, *, role: str = "", superuser: bool = False) -> Client:
        user = User.objects.create_user(
            f"{name} {uuid4().hex[:8]}", is_staff=True, is_superuser=superuser, first_name=name
        )
        if role:
            user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def ada(signed_in: SignedIn) -> Client:
    """The superuser."""
    return signed_in("Ada", superuser=True)


@pytest.fixture
def ingo(signed_in: SignedIn) -> Client:
    """Who connects, maps, runs and repairs."""
    return signed_in("Ingo", role=INTEGRATES)


@pytest.fixture
def vera(signed_in: SignedIn) -> Client:
    """Who looks and changes nothing."""
    return signed_in("Vera", role=LOOKS)


@pytest.fixture
def gus(signed_in: SignedIn) -> Client:
    """A member of staff without a role."""
    return signed_in("Gus")


@pytest.fixture
def roster(database: None, tmp_path: Path) -> Roster:
    """The roster of a source, empty at first."""
    return Roster(tmp_path)
