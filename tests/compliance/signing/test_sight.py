"""What is signed of somebody is shown to, and signed by, who may see them."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache

from compliance.access import grants
from compliance.access.roles import TRAINING_MANAGER
from compliance.models import AccessEvent, Signature
from compliance.requirements import lifecycle, waivers
from compliance.signing import NotAllowed
from compliance.training import records
from connectors.models import OrganizationUnit
from connectors.workforce.canonical import Unit
from tests.compliance.courses import course, hired
from tests.compliance.requirements.people import YEARLY
from tests.compliance.signing.people import Desk, person, warden
from tests.connectors.people import ann, day, told
from tests.connectors.people import person as person_of
from tests.fixtures import Hub


@pytest.fixture(autouse=True)
def no_limits_used_up(database: None) -> None:
    cache.clear()


class Wards:
    """Ann of intensive care and Cem of surgery, each with a training record that waits for its signature."""

    def __init__(self, hub: Hub) -> None:
        self.moodle, self.workday = hired(hub)
        self.store_id = self.moodle.store_id
        told(
            self.workday,
            Unit(key="ICU", name="Intensive care"),
            Unit(key="OR", name="Surgery"),
            at="2020-01-01",
        )
        told(self.workday, ann("21001", unit="ICU"), ann("21002", unit="OR"))
        self.course = course(self.store_id)
        self.author = person("Ada", "approval")
        self.records = {key: self.record(key) for key in ("21001", "21002")}

    def record(self, key: str) -> int:
        values = {
            "person": person_of(self.workday, key),
            "course": self.course,
            "completed_at": day("2026-02-10"),
            "trainer_name": "Tom Weld",
        }
        return records.draft(self.store_id, values, by_id=self.author.pk).pk

    def manager(self, name: str, unit: str) -> Desk:
        """Somebody who looks after a unit, and may sign."""
        user = person(name, "approval")
        grants.give(
            user, Group.objects.get(name=TRAINING_MANAGER), store_id=self.store_id, by=warden(),
            reason="their ward", unit=OrganizationUnit.objects.get(store_id=self.store_id, key=unit),
        )  # fmt: skip
        return Desk(user)


@pytest.fixture
def wards(hub: Hub) -> Wards:
    return Wards(hub)


def test_a_training_record_is_signed_by_who_looks_after_its_person(wards: Wards) -> None:
    ruth = wards.manager("Ruth", "ICU")
    assert ruth.sign_on_page("training-record", wards.records["21001"]).status_code == 302


def test_a_training_record_of_another_ward_is_neither_shown_nor_signed(wards: Wards) -> None:
    ruth, other = wards.manager("Ruth", "ICU"), wards.records["21002"]
    page = ruth.client.get(f"/audit/sign/training-record/{other}/")
    assert page.status_code == 403
    assert b"21002" not in page.content
    with pytest.raises(NotAllowed, match="outside the part of the organization"):
        ruth.sign_directly("training-record", other)
    refused = AccessEvent.objects.filter(user=ruth.user, kind="signing_refused").latest("pk")
    assert (refused.what, refused.detail) == (f"approval of training-record {other}", {"rule": "scope"})
    assert not Signature.objects.filter(kind="training-record", record_key=str(other)).exists()


def test_who_moves_takes_their_records_along(wards: Wards) -> None:
    ruth, record = wards.manager("Ruth", "ICU"), wards.records["21001"]
    told(wards.workday, ann("21001", unit="OR"), at="2026-06-01")
    assert ruth.client.get(f"/audit/sign/training-record/{record}/").status_code == 403
    told(wards.workday, ann("21001", unit="ICU"), at="2026-06-02")
    assert ruth.client.get(f"/audit/sign/training-record/{record}/").status_code == 200


def test_who_has_the_authority_and_no_part_of_their_own_signs_for_everybody(wards: Wards) -> None:
    paul = Desk(person("Paul", "approval"))
    for record in wards.records.values():
        assert paul.sign_on_page("training-record", record).status_code == 302


def test_a_waiver_for_somebody_of_another_ward_is_not_shown(wards: Wards) -> None:
    required = lifecycle.create(
        wards.store_id, code="R1", title="Bloodborne pathogens", document=YEARLY, by=wards.author
    ).requirement
    found = {}
    for key in ("21001", "21002"):
        found[key] = waivers.propose(
            required, person_id=person_of(wards.workday, key).pk, reason="Pregnancy",
            valid_from=date(2026, 2, 1), valid_to=date(2026, 9, 1), by=wards.author,
        )  # fmt: skip
    ruth = wards.manager("Ruth", "ICU")
    assert ruth.client.get(f"/audit/sign/waiver/{found['21001'].pk}/").status_code == 200
    page = ruth.client.get(f"/audit/sign/waiver/{found['21002'].pk}/")
    assert page.status_code == 403
    assert b"Pregnancy" not in page.content
