"""What the mapping refuses, leaves out or reads of groups, the identity provider need not know."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from connectors.adapters.scim.default_mapping import DEFAULT_MAPPING
from connectors.mapping import lifecycle
from connectors.models import (
    DriftFinding,
    ExceptionState,
    PersonKey,
    ScimResource,
    SourceBaseline,
    SyncException,
    SyncRun,
    System,
    SystemState,
)
from connectors.scim.resources import ENTERPRISE, EXTENSION
from connectors.sync import exceptions
from connectors.workforce import as_of
from tests.connectors.people import person
from tests.connectors.scim.idp import Idp, ann, bob, connection


def open_(system: System) -> list[SyncException]:
    return list(SyncException.objects.filter(system=system, state=ExceptionState.OPEN))


def classes(system: System, key: str = "21001") -> tuple[str, ...]:
    context = as_of.person_at(person(system, key).pk, timezone.now())
    assert context is not None
    return context.regulatory_classes


def remap(system: System, change: Any) -> None:
    """Put the default mapping, changed, to use."""
    document = deepcopy(dict(DEFAULT_MAPPING))
    change(document["records"])
    version = lifecycle.draft(system, document)
    lifecycle.try_out(version)
    version.refresh_from_db()
    lifecycle.activate(version)


def by_groups(records: Any) -> None:
    assigned = records["worker"]["emit"][1]["fields"]["relationships"][0]["assignments"][0]
    assigned["regulatory_classes"] = {"from": "groups[*].display"}


def test_a_refused_user_is_kept_and_queued_and_the_request_succeeds(database: None) -> None:
    entra = Idp()
    user = entra.made(**{EXTENSION: {"hireDate": "soon"}})
    [queued] = open_(entra.system)
    assert (queued.kind, queued.key) == ("worker", "21001")
    assert queued.raw["id"] == user["id"]
    assert SyncRun.objects.get(system=entra.system).refused_count == 1
    # What is right later resolves it.
    entra.send("PUT", f"/Users/{user['id']}", ann()).expect(200)
    assert open_(entra.system) == []
    assert as_of.person_at(person(entra.system).pk, timezone.now()) is not None


def test_a_contradiction_in_the_record_is_queued_and_can_be_fixed(database: None) -> None:
    entra = Idp()
    entra.made(**{EXTENSION: {"hireDate": "2026-01-01", "endDate": "2025-01-01"}})
    [queued] = open_(entra.system)
    assert queued.rule == "relationship.period"
    corrected = deepcopy(queued.raw)
    corrected[EXTENSION]["endDate"] = "2099-01-01"
    exceptions.correct(queued, corrected)
    assert exceptions.replay([queued]) == {queued.pk: None}
    assert as_of.person_at(person(entra.system).pk, timezone.now()) is not None


def test_nobody_is_hired_by_replay_after_being_deprovisioned(database: None) -> None:
    entra = Idp()
    user = entra.made(**{EXTENSION: {"hireDate": "soon"}})
    [queued] = open_(entra.system)
    entra.send("DELETE", f"/Users/{user['id']}").expect(204)
    assert open_(entra.system) == []
    assert exceptions.replay([queued]) == {}


def test_groups_can_be_mapped_and_follow_at_once(database: None) -> None:
    entra = Idp()
    members = [{"value": entra.made()["id"]}]
    remap(entra.system, by_groups)
    other = entra.send("POST", "/Users", bob()).expect(201).json()
    group = {"displayName": "GxP", "members": members}
    made = entra.send("POST", "/Groups", group).expect(201).json()
    assert (classes(entra.system), classes(entra.system, "21002")) == (("GxP",), ())
    moved = {"op": "replace", "path": "members", "value": [{"value": other["id"]}]}
    entra.patched(f"/Groups/{made['id']}", moved)
    assert (classes(entra.system), classes(entra.system, "21002")) == ((), ("GxP",))
    entra.patched(f"/Groups/{made['id']}", {"op": "replace", "path": "displayName", "value": "Radiation"})
    assert classes(entra.system, "21002") == ("Radiation",)
    entra.send("DELETE", f"/Groups/{made['id']}").expect(204)
    assert classes(entra.system, "21002") == ()


def test_semicolons_separate_regulatory_classes(database: None) -> None:
    entra = Idp()
    entra.made(**{EXTENSION: {"regulatoryClasses": "GxP; Radiation"}})
    assert classes(entra.system) == ("GxP", "Radiation")


def test_a_pilot_takes_its_own_and_lifted_it_takes_the_others(database: None) -> None:
    entra = Idp(connection(state=SystemState.PILOT, pilot={"units": ["ICU"]}))
    entra.made()
    entra.send("POST", "/Users", bob()).expect(201)
    run = SyncRun.objects.get(system=entra.system)
    assert (run.created_count, run.outside_count) == (1, 1)
    assert not PersonKey.objects.filter(system=entra.system, key="21002").exists()
    System.objects.filter(pk=entra.system.pk).update(state=SystemState.LIVE, pilot={})
    call_command("scim_again", "--system", entra.system.name, "--store", entra.system.store.name)
    assert as_of.person_at(person(entra.system, "21002").pk, timezone.now()) is not None


def test_another_mapping_is_followed_from_the_next_request_on(database: None) -> None:
    entra = Idp()
    user = entra.made(title="Nurse")

    def by_title(records: Any) -> None:
        assigned = records["worker"]["emit"][1]["fields"]["relationships"][0]["assignments"][0]
        assigned["regulatory_classes"] = {"from": "title"}

    remap(entra.system, by_title)
    change = {"op": "replace", "path": f"{ENTERPRISE}:costCenter", "value": "C1"}
    entra.patched(f"/Users/{user['id']}", change)
    assert classes(entra.system) == ("Nurse",)
    assert SyncRun.objects.filter(system=entra.system).count() == 2


def test_an_attribute_that_is_sent_no_more_is_drift_and_what_is_known_is_held(database: None) -> None:
    entra = Idp()
    users = [entra.made(externalId=f"{n}", userName=f"{n}")["id"] for n in range(10)]
    assert SourceBaseline.objects.get(system=entra.system).samples["worker"]
    for row in ScimResource.objects.filter(system=entra.system):
        row.resource = row.resource.replace('"department"', '"abteilung"')
        row.save()
    SyncRun.objects.filter(system=entra.system).update(created=timezone.now() - timedelta(days=1))
    entra.patched(f"/Users/{users[0]}", {"op": "replace", "path": "title", "value": "Doctor"})
    found = DriftFinding.objects.filter(system=entra.system).values_list("path", flat=True)
    assert any("department" in each for each in found)
    context = as_of.person_at(person(entra.system, "0").pk, timezone.now())
    assert context is not None
    assert context.unit_id is not None


def test_many_deprovisioned_at_once_ask_nobody(database: None) -> None:
    entra = Idp(connection(end_count_least=1))
    ids = [entra.made(externalId=f"{n}", userName=f"{n}")["id"] for n in range(4)]
    for each in ids:
        entra.send("DELETE", f"/Users/{each}").expect(204)
    run = SyncRun.objects.get(system=entra.system)
    assert (run.state, run.ended_count) == ("succeeded", 4)
