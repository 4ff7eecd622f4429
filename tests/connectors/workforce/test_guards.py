"""What is known of people is closed, never changed: whoever tries, and whatever is said of replication."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from connectors.models import Identifier, PersonVersion
from tests.connectors.people import ann, hris, person, told

ROLES = ("origin", "replica", "local")
WAYS = (
    "UPDATE connectors_identifier SET value = 'other'",
    "DELETE FROM connectors_identifier",
    "TRUNCATE connectors_identifier CASCADE",
    "UPDATE connectors_person_version SET given_name = 'Other'",
    "DELETE FROM connectors_person_version",
    "DELETE FROM connectors_workforce_change",
)


def _tried(role: str, way: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL session_replication_role = {role}")
        cursor.execute(way)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_known_of_ann_is_changed_or_removed(database: None, role: str, way: str) -> None:
    workday = hris()
    told(workday, ann())
    with pytest.raises(IntegrityError, match="is refused"):
        _tried(role, way)
    mine = person(workday).pk
    assert Identifier.objects.filter(person=mine).count() == 2
    assert PersonVersion.objects.filter(person=mine).count() == 1
