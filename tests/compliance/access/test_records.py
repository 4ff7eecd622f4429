"""Pages of records about people keep to the part of the organization one was given; each look is logged."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client, override_settings
from django.utils import timezone

from compliance.access import grants
from compliance.access.grants import AUDITOR
from compliance.access.roles import MANAGER, TRAINING_MANAGER
from compliance.models import Completion, Disclosure, Reminder, ReminderPolicy, TrainingRecord, Waiver
from compliance.requirements import lifecycle, waivers
from compliance.training import evidence, file, records
from connectors.models import OrganizationUnit
from connectors.workforce.canonical import Unit
from tests.compliance.courses import ANN, BEA, FORKLIFT, caught_up, course, did
from tests.compliance.requirements.people import YEARLY
from tests.connectors.learning import academy
from tests.connectors.people import ann, day, hris, person, told
from tests.fixtures import Hub

ADMIN = "/admin/compliance"
#: Pages with a choice of stores.
PICKED = tuple(
    f"{ADMIN}/{model}/"
    for model in (
        "completion", "trainingrecord", "trainingfile", "auditentry", "auditreview", "datarequest",
        "disposition", "legalhold",
    )
)  # fmt: skip


class Wards:
    """Ann of intensive care and Bea of the emergency room, with records of every kind."""

    def __init__(self, hub: Hub) -> None:
        self.moodle, store = academy(hub)
        self.store_id = store.pk
        self.workday = hris(store=store)
        wards = Unit(key="ICU", name="Intensive care"), Unit(key="ER", name="Emergency")
        told(self.workday, *wards, at="2020-01-01")
        told(self.workday, ann("21001", unit="ICU"), ann("21002", unit="ER"))
        self.ann, self.bea = person(self.workday, "21001").pk, person(self.workday, "21002").pk
        self.course = course(self.store_id, "FORK-1", FORKLIFT)
        did(self.moodle, "passed", who=ANN)
        did(self.moodle, "passed", "2026-02-11", who=BEA)
        caught_up()
        self.author = User.objects.create_user(f"Dora {uuid4().hex[:6]}")
        self.requirement = lifecycle.create(
            self.store_id, code=f"R-{uuid4().hex[:6]}", title="Forklifts", document=YEARLY, by=self.author
        ).requirement

    def record(self, key: str) -> int:
        values = {
            "person": person(self.workday, key), "course": self.course, "completed_at": day("2026-02-10"),
            "trainer_name": "Tom Weld",
        }  # fmt: skip
        return records.draft(self.store_id, values, by_id=self.author.pk).pk

    def waiver(self, person_id: int | None) -> Waiver:
        rule = {"units": ["ICU"]} if person_id is None else None
        return waivers.propose(
            self.requirement, person_id=person_id, rule=rule, reason="on leave",
            valid_from=date(2026, 2, 1), valid_to=date(2026, 9, 1), by=self.author,
        )  # fmt: skip

    def reminder(self, person_id: int) -> Reminder:
        policy, _ = ReminderPolicy.objects.get_or_create(
            store_id=self.store_id, name="A month before", days=30, to="person"
        )
        return Reminder.objects.create(
            store_id=self.store_id, policy=policy, requirement=self.requirement, person_id=person_id,
            due=date(2026, 9, 1), stage="due",
        )  # fmt: skip

    def somebody(self, role: str, unit: str = "") -> User:
        user = User.objects.create_user(uuid4().hex[:10], is_staff=True)
        grants.give(
            user, Group.objects.get(name=role), store_id=self.store_id, by=self.author, reason="their work",
            unit=OrganizationUnit.objects.get(store_id=self.store_id, key=unit) if unit else None,
            ends=timezone.now() + timedelta(days=7),
        )  # fmt: skip
        return user

    def look(self, user: User, path: str, **query: Any) -> Any:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        # Django's own lists take no filter they do not know.
        own = path.startswith("/admin/") and not path.startswith(PICKED)
        return client.get(path, query if own else {"store": self.store_id, **query})


@pytest.fixture
def wards(hub: Hub) -> Wards:
    return Wards(hub)


def shown_to(user: User) -> tuple[str, set[int]]:
    """Return the last entry of the disclosure log."""
    entry = Disclosure.objects.filter(user=user).latest("pk")
    return entry.kind, set(entry.people)


def people_of(answer: Any) -> set[int]:
    """Return whose rows a list showed."""
    assert answer.status_code == 200, answer.content[:300]
    context = answer.context_data
    if "cl" in context:
        return {each.person_id for each in context["cl"].result_list}
    return {each["row"].person_id for each in context["rows"]}


def test_completions_of_another_ward_are_not_shown(wards: Wards) -> None:
    tess, mona = wards.somebody(TRAINING_MANAGER, "ICU"), wards.somebody(MANAGER)
    assert people_of(wards.look(tess, f"{ADMIN}/completion/")) == {wards.ann}
    assert shown_to(tess) == ("admin:compliance_completion_changelist", {wards.ann})
    assert people_of(wards.look(mona, f"{ADMIN}/completion/")) == {wards.ann, wards.bea}
    of = {each.person_id: each.pk for each in Completion.objects.filter(store=wards.store_id)}
    assert wards.look(tess, f"{ADMIN}/completion/{of[wards.ann]}/").status_code == 200
    assert shown_to(tess) == ("admin:compliance_completion_change", {wards.ann})
    assert wards.look(tess, f"{ADMIN}/completion/{of[wards.bea]}/").status_code == 403


def test_training_records_and_their_evidence_of_another_ward_are_not_shown(wards: Wards) -> None:
    tess = wards.somebody(TRAINING_MANAGER, "ICU")
    of = {wards.ann: wards.record("21001"), wards.bea: wards.record("21002")}
    assert people_of(wards.look(tess, f"{ADMIN}/trainingrecord/")) == {wards.ann}
    assert shown_to(tess)[1] == {wards.ann}
    for who, status in ((wards.ann, 200), (wards.bea, 403)):
        record = TrainingRecord.objects.get(pk=of[who])
        kept = evidence.add(record, "slip.pdf", "application/pdf", b"%PDF-1.4 slip")
        assert wards.look(tess, f"{ADMIN}/trainingrecord/{of[who]}/").status_code == status
        file_of = f"{ADMIN}/trainingrecord/{of[who]}/evidence/{kept.pk}/"
        assert wards.look(tess, file_of).status_code == status
    assert {each.kind for each in Disclosure.objects.filter(user=tess)} == {
        f"admin:compliance_trainingrecord_{name}" for name in ("changelist", "change", "evidence")
    }


def test_a_file_with_somebody_of_another_ward_is_not_shown(wards: Wards) -> None:
    tess, mona = wards.somebody(TRAINING_MANAGER, "ICU"), wards.somebody(MANAGER)
    lines = "person,course,completed_at,trainer_name\n" + "".join(
        f"{each},FORK-1,2026-02-10,Tom Weld\n" for each in (wards.ann, wards.bea)
    )
    report = file.take(wards.store_id, lines.encode(), name="toolbox.csv", by_id=wards.author.pk, dry=False)
    assert report.kept == 2, report
    kept = TrainingRecord.objects.filter(person_id=wards.bea).latest("pk").file_id
    assert wards.look(tess, f"{ADMIN}/trainingfile/{kept}/").status_code == 403
    assert wards.look(mona, f"{ADMIN}/trainingfile/{kept}/").status_code == 200
    assert shown_to(mona) == ("admin:compliance_trainingfile_change", {wards.ann, wards.bea})


def test_waivers_of_another_ward_are_not_shown_and_those_of_groups_are(wards: Wards) -> None:
    tess = wards.somebody(TRAINING_MANAGER, "ICU")
    mine, theirs, group = (wards.waiver(each) for each in (wards.ann, wards.bea, None))
    assert people_of(wards.look(tess, f"{ADMIN}/waiver/")) == {wards.ann, None}
    assert shown_to(tess) == ("admin:compliance_waiver_changelist", {wards.ann})
    # Django sends on from what is not there.
    for each, status in ((mine, 200), (group, 200), (theirs, 302)):
        assert wards.look(tess, f"{ADMIN}/waiver/{each.pk}/change/").status_code == status


def test_a_waiver_is_proposed_for_who_is_in_sight(wards: Wards) -> None:
    mona = wards.somebody(MANAGER, "ICU")
    client = Client()
    client.force_login(mona, backend="django.contrib.auth.backends.ModelBackend")
    form = {
        "requirement": wards.requirement.pk, "kind": "waiver", "person": wards.bea, "reason": "on leave",
        "valid_from": "2026-02-01", "valid_to": "2026-09-01", "change_reason": "asked for",
    }  # fmt: skip
    answer = client.post(f"{ADMIN}/waiver/add/", form)
    assert "outside the part of the organization" in answer.content.decode()
    assert not Waiver.objects.filter(person_id=wards.bea).exists()
    assert client.post(f"{ADMIN}/waiver/add/", {**form, "person": wards.ann}).status_code == 302


def test_reminders_about_another_ward_are_not_shown(wards: Wards) -> None:
    tess = wards.somebody(TRAINING_MANAGER, "ICU")
    for each in (wards.ann, wards.bea):
        wards.reminder(each)
    assert people_of(wards.look(tess, f"{ADMIN}/reminder/")) == {wards.ann}
    assert shown_to(tess) == ("admin:compliance_reminder_changelist", {wards.ann})


@pytest.mark.parametrize(
    "model",
    [
        "accessevent",
        "auditentry",
        "auditreview",
        "datarequest",
        "disclosure",
        "disposition",
        "legalhold",
        "signature",
    ],
)
def test_what_oversees_a_store_is_not_for_who_sees_a_ward(wards: Wards, model: str) -> None:
    vera, whole = wards.somebody(AUDITOR, "ICU"), wards.somebody(AUDITOR)
    assert wards.look(vera, f"{ADMIN}/{model}/").status_code == 403
    assert wards.look(whole, f"{ADMIN}/{model}/").status_code == 200


@pytest.mark.parametrize("resource", ["completions", "training-records", "status", "gaps", "training-matrix"])
def test_resources_of_records_are_for_who_sees_the_whole_store(wards: Wards, resource: str) -> None:
    vera, whole = wards.somebody(AUDITOR, "ICU"), wards.somebody(AUDITOR)
    assert wards.look(vera, f"/api/v1/{resource}").status_code == 403
    assert wards.look(vera, f"/api/v1/{resource}", store=f"000000000000{wards.store_id}").status_code == 403
    assert wards.look(whole, f"/api/v1/{resource}").status_code == 200
    assert shown_to(whole)[0] == f"compliance-api:{resource}"


def test_a_look_at_completions_over_the_api_names_whom_it_showed(wards: Wards) -> None:
    whole = wards.somebody(AUDITOR)
    wards.look(whole, "/api/v1/completions")
    assert shown_to(whole) == ("compliance-api:completions", {wards.ann, wards.bea})
    wards.look(whole, f"/api/v1/people/{wards.ann}/status")
    assert shown_to(whole) == ("compliance-api:person-status", {wards.ann})


def test_a_purpose_that_is_required_is_asked_before_records_are_shown(wards: Wards) -> None:
    tess = wards.somebody(TRAINING_MANAGER, "ICU")
    with override_settings(COMPLIANCE_PURPOSE_REQUIRED=True):
        answer = wards.look(tess, f"{ADMIN}/completion/")
        assert answer.headers["Location"].startswith("/accounts/")
        record = wards.record("21001")
        answer = wards.look(tess, f"/audit/sign/training-record/{record}/")
        assert answer.headers["Location"].startswith("/accounts/")


def test_a_look_at_what_is_to_be_signed_is_logged(wards: Wards) -> None:
    tess, record = wards.somebody(TRAINING_MANAGER, "ICU"), wards.record("21001")
    assert wards.look(tess, f"/audit/sign/training-record/{record}/").status_code == 200
    assert shown_to(tess) == ("sign:training-record", {wards.ann})
