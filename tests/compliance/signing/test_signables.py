"""Each kind of record that is signed: nothing follows before, what should follows after, never one's own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.db import connection, transaction
from pytest_django import Settings

from compliance import signing
from compliance.access import grants
from compliance.access.roles import EVALUATOR
from compliance.catalogue import equivalence
from compliance.errors import ComplianceError
from compliance.models import (
    AuditEntry,
    AuditReview,
    CourseEquivalence,
    EquivalenceProposal,
    PracticalSignOff,
    Signature,
    SignaturePolicy,
    TrainingRecord,
    VersionState,
)
from compliance.requirements import lifecycle, signables, waivers
from compliance.status import read
from compliance.trail import review
from compliance.training import records
from connectors.workforce.canonical import Identified
from tests.compliance.courses import caught_up, course, hired, known
from tests.compliance.requirements.people import YEARLY, Hospital, ago, today
from tests.compliance.signing.people import Desk, person, warden
from tests.connectors.people import ann, day, told
from tests.connectors.people import person as person_of
from tests.fixtures import Hub


@pytest.fixture(autouse=True)
def no_limits_used_up(database: None) -> None:
    cache.clear()


def _reason(answer: Any) -> str:
    """Return why a page refused to sign."""
    assert answer.status_code in {400, 403, 409}, (answer.status_code, answer.content[:300])
    return str(answer.context["fault"])


def test_every_kind_has_its_policy_as_data(database: None) -> None:
    kinds = {
        "training-record", "training-file", "audit-review", "course-equivalence", "requirement-version",
        "waiver", "practical-sign-off", "access-review", "report-release",
    }  # fmt: skip
    assert kinds <= {each.kind for each in signing.registered()}
    assert kinds <= set(SignaturePolicy.objects.values_list("kind", flat=True))
    assert not SignaturePolicy.objects.filter(kind__in=kinds, not_own=False).exists()


# Training records


def _record(hub: Hub, **fields: Any) -> tuple[TrainingRecord, Any]:
    moodle, workday = hired(hub)
    values = {
        "person": person_of(workday, "21001"),
        "course": course(moodle.store_id),
        "completed_at": day("2026-02-10"),
        "trainer_name": "Tom Weld",
        "score": 0.95,
    }
    return records.draft(moodle.store_id, values | fields, by_id=person("Ada", "approval").pk), workday


def test_a_training_record_becomes_a_statement_by_being_signed(hub: Hub, settings: Settings) -> None:
    settings.COMPLIANCE_RECORDS_SIGNED = True
    record, _ = _record(hub)
    with pytest.raises(ComplianceError, match="electronic signature"):
        records.post(record)
    caught_up()
    assert known(record.course) == []

    answer = Desk(person("Paul", "approval")).sign_on_page("training-record", record.pk)
    assert answer.status_code == 302, answer.content[:300]
    caught_up()
    record.refresh_from_db()
    [completion] = known(record.course)
    assert completion.score == 0.95
    signature = Signature.objects.get(kind="training-record", record_key=str(record.pk))
    assert record.signature_id == signature.position
    found = signing.verify(signature)
    assert (found.valid, found.current) == (True, True), found.faults
    assert signing.is_fulfilled("training-record", str(record.pk))


def test_a_signed_training_record_vouches_for_its_statement(hub: Hub) -> None:
    record, _ = _record(hub)
    Desk(person("Paul", "approval")).sign_on_page("training-record", record.pk)
    signature = Signature.objects.get(kind="training-record", record_key=str(record.pk))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lrs_statement DISABLE TRIGGER ALL")
        cursor.execute(
            "UPDATE lrs_statement SET payload = replace(payload, '0.95', '0.99') WHERE statement_id = %s",
            [record.statement_id],
        )
        assert signing.verify(signature).faults == ("The record was changed after it was signed.",)
        transaction.set_rollback(True)


def test_neither_author_nor_learner_signs_a_training_record(hub: Hub) -> None:
    record, workday = _record(hub)
    address = f"{uuid4().hex[:12]}@example.com"
    told(workday, ann("21001", identifiers=(Identified(type="email", value=address),)))
    author = User.objects.get(pk=record.created_by_id or 0)
    assert _reason(Desk(author).sign_on_page("training-record", record.pk)) == (
        "Nobody signs a record of their own here."
    )
    learner = person("Ines", "approval")
    learner.email = address.upper()
    learner.save()
    said = _reason(Desk(learner).sign_on_page("training-record", record.pk))
    assert said == "Nobody signs for their own training."
    record.refresh_from_db()
    assert (record.state, record.signature_id) == ("draft", None)


# Course equivalences


def test_a_course_counts_as_another_once_it_is_signed(hub: Hub, settings: Settings) -> None:
    settings.COMPLIANCE_APPROVALS_SIGNED = True
    store_id = hub.caller("Moodle Berlin").store_id
    old, new = course(store_id, "FORK-1"), course(store_id, "FORK-2")
    with pytest.raises(ComplianceError, match="once it is signed"):
        equivalence.approve(old, new, reason="The same content.", approved_as="Paul")
    ada = person("Ada", "approval")
    proposed = equivalence.propose(old, new, reason="The same content.", proposed_by_id=ada.pk)
    assert not CourseEquivalence.objects.filter(course=old).exists()
    said = _reason(Desk(ada).sign_on_page("course-equivalence", proposed.pk))
    assert said == "Nobody signs a record of their own here."

    paul = person("Paul", "approval")
    answer = Desk(paul).sign_on_page("course-equivalence", proposed.pk)
    assert answer.status_code == 302, answer.content[:300]
    made = CourseEquivalence.objects.get(course=old)
    assert (made.counts_as_id, made.approved_as, made.approved_by_id) == (new.pk, "Paul Erdős", paul.pk)
    assert signing.is_fulfilled("course-equivalence", str(proposed.pk))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE compliance_course_equivalence DISABLE TRIGGER USER")
        CourseEquivalence.objects.filter(pk=made.pk).update(reason="Because.")
        assert not signing.is_fulfilled("course-equivalence", str(proposed.pk))
        transaction.set_rollback(True)


def test_an_equivalence_is_proposed_on_its_page_and_leads_to_the_signature(
    hub: Hub, settings: Settings
) -> None:
    settings.COMPLIANCE_APPROVALS_SIGNED = True
    store_id = hub.caller("Moodle Berlin").store_id
    for code in ("FORK-1", "FORK-2"):
        course(store_id, code)
    ada = person("Ada")
    ada.user_permissions.set(
        Permission.objects.filter(codename__in=["add_courseequivalence", "view_courseequivalence"])
    )
    desk = Desk(ada)
    desk.client.get("/admin/compliance/courseequivalence/", {"store": store_id})
    answer = desk.client.post(
        "/admin/compliance/courseequivalence/add/",
        {"course": "FORK-1", "counts_as": "FORK-2", "reason": "The same content."},
    )
    proposed = EquivalenceProposal.objects.get(course__store_id=store_id)
    assert answer.headers["Location"] == f"/audit/sign/course-equivalence/{proposed.pk}/"
    shown = desk.client.get("/admin/compliance/courseequivalence/")
    assert "To be signed" in shown.text


# Reviews of the audit trail


def _review(by: User) -> AuditReview:
    """Return a review of some changes, all of them by one person."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('hub.acting', %s, true)",
            [f'{{"actor_kind": "person", "actor_id": "{by.pk}", "actor_name": "{by.username}"}}'],
        )
        group = Group.objects.create(name=f"Auditors {uuid4()}")
    entry = AuditEntry.objects.filter(table_name="auth_group", row_key=str(group.pk)).get()
    return AuditReview.objects.create(
        from_seq=entry.seq - 1, to_seq=entry.seq, entries=1, due=today() + timedelta(days=14)
    )


def test_a_review_of_the_audit_trail_is_completed_by_a_signature(settings: Settings, database: None) -> None:
    settings.COMPLIANCE_APPROVALS_SIGNED = True
    ruth, ada = person("Ruth", "review"), person("Ada", "review")
    found = _review(ada)
    ruth.user_permissions.set(
        Permission.objects.filter(codename__in=["view_auditreview", "change_auditreview"])
    )
    with pytest.raises(review.NotReviewed, match="electronic signature"):
        review.complete(found, by=ruth, note="All in order.", follow_up=False)
    desk = Desk(ruth)
    answer = desk.client.post(f"/admin/compliance/auditreview/{found.pk}/", {"note": "All in order."})
    assert answer.headers["Location"] == f"/audit/sign/audit-review/{found.pk}/"
    found.refresh_from_db()
    assert found.reviewed is None

    said = _reason(Desk(ada).sign_on_page("audit-review", found.pk, meaning="review"))
    assert "somebody else reviews it" in said
    assert desk.sign_on_page("audit-review", found.pk, meaning="review").status_code == 302
    found.refresh_from_db()
    assert (found.reviewed_by_id, found.note) == (ruth.pk, "All in order.")
    assert signing.is_fulfilled("audit-review", str(found.pk))


# Versions of requirements


def test_a_version_of_a_requirement_is_in_force_from_the_day_it_was_signed_for(database: None) -> None:
    hospital = Hospital()
    ada, paul = person("Ada", "approval"), person("Paul", "approval")
    draft = lifecycle.create(hospital.store_id, code="R1", title="Yearly", document=YEARLY, by=ada)
    key = signables.version_key(draft, ago(1000))
    assert Desk(paul).client.get(f"/audit/sign/requirement-version/{key}/").status_code == 404
    lifecycle.submit(draft)
    assert read.statuses(hospital.store_id, today(), people=[hospital.ann.pk]) == []
    said = _reason(Desk(ada).sign_on_page("requirement-version", key))
    assert said == "Nobody signs a record of their own here."
    assert read.statuses(hospital.store_id, today(), people=[hospital.ann.pk]) == []

    answer = Desk(paul).sign_on_page("requirement-version", key)
    assert answer.url == f"/admin/compliance/requirement/{draft.requirement_id}/"
    draft.refresh_from_db()
    assert (draft.state, draft.approved_by_id) == (VersionState.EFFECTIVE, paul.pk)
    assert draft.effective_from == ago(1000)
    signature = Signature.objects.get(kind="requirement-version", record_key=key)
    assert draft.signature_id == signature.position
    assert signing.is_fulfilled("requirement-version", key)
    [standing] = read.statuses(hospital.store_id, today(), people=[hospital.ann.pk])
    assert standing.state(today()) == "overdue"
    # It stays valid when the next version takes its place, and is told when it was tampered with.
    lifecycle.retire(draft, why="Not needed.", on=today())
    assert signing.verify(signature).valid
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE compliance_requirement_version DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE compliance_requirement_version"
            " SET definition = jsonb_set(definition, '{grace_days}', '99') WHERE id = %s",
            [draft.pk],
        )
        assert not signing.verify(signature).valid
        transaction.set_rollback(True)


# Waivers


def test_a_waiver_holds_once_it_is_signed_by_somebody_else(database: None) -> None:
    hospital = Hospital()
    version = hospital.required()
    ada, paul = person("Ada", "approval"), person("Paul", "approval")
    waiver = waivers.propose(
        version.requirement,
        person_id=hospital.ann.pk,
        reason="On parental leave.",
        valid_from=ago(5),
        valid_to=today() + timedelta(days=20),
        by=ada,
    )
    assert _state(hospital) == "overdue"
    said = _reason(Desk(ada).sign_on_page("waiver", waiver.pk))
    assert said == "Nobody signs a record of their own here."
    freed = person("Ines", "approval")
    _is(freed, hospital, "2", manager="1")
    said = _reason(Desk(freed).sign_on_page("waiver", waiver.pk))
    assert said == "Your own training is overdue: R1."
    assert _state(hospital) == "overdue"
    assert Desk(paul).sign_on_page("waiver", waiver.pk).status_code == 302
    assert _state(hospital) == "waived"
    waiver.refresh_from_db()
    assert waiver.approved_by_id == paul.pk
    waivers.revoke(waiver, why="Back at work.")
    assert signing.is_fulfilled("waiver", str(waiver.pk))


def _state(hospital: Hospital) -> str:
    [found] = read.statuses(hospital.store_id, today(), people=[hospital.ann.pk])
    return str(found.state(today()))


def _is(user: User, hospital: Hospital, key: str, **where: Any) -> None:
    """Say that a user is somebody in the workforce record, by the e-mail address both have."""
    user.email = f"{uuid4().hex[:12]}@example.com"
    user.save()
    hospital.works(key, identifiers=(Identified(type="email", value=user.email.upper()),), **where)


# Practical sign-offs

PRACTICAL = {**YEARLY, "what": {"sign_off": "IV", "evaluators": "TRAINERS"}}


def test_an_evaluator_who_was_qualified_that_day_signs_off_practice(database: None) -> None:
    hospital = Hospital()
    hospital.required({**YEARLY, "for": {"units": ["H"], "below": False}}, code="TRAINERS")
    hospital.required(PRACTICAL, code="IV")
    mia = person("Ruth", "witnessing")
    _is(mia, hospital, "1", unit="H", job="CNO")
    grants.give(
        mia, Group.objects.get(name=EVALUATOR), store_id=hospital.store_id, by=warden(), reason="Trains us."
    )

    def key(done_on: date, evaluator: int = hospital.mia.pk) -> str:
        return signables.sign_off_key(
            hospital.course("IV"), person_id=hospital.ann.pk, evaluator_id=evaluator, done_on=done_on
        )

    # Her own training is overdue: she signs nothing (21 CFR 11.10(i)).
    assert "overdue: TRAINERS" in _reason(
        Desk(mia).sign_on_page("practical-sign-off", key(ago(2)), meaning="witnessing")
    )
    hospital.completed(hospital.mia, ago(3))
    desk = Desk(mia)
    said = _reason(desk.sign_on_page("practical-sign-off", key(ago(4)), meaning="witnessing"))
    assert "TRAINERS is not met" in said
    said = _reason(desk.sign_on_page("practical-sign-off", key(ago(2), hospital.bo.pk), meaning="witnessing"))
    assert said == "The evaluator signs, and nobody else."
    assert not PracticalSignOff.objects.filter(person=hospital.ann).exists()

    done = key(ago(2))
    answer = desk.sign_on_page("practical-sign-off", done, meaning="witnessing", reason="Three punctures.")
    assert answer.status_code == 302, answer.content[:300]
    made = PracticalSignOff.objects.get(person=hospital.ann)
    assert (made.evaluator_id, made.done_on, made.remarks) == (hospital.mia.pk, ago(2), "Three punctures.")
    signature = Signature.objects.get(kind="practical-sign-off", record_key=done)
    assert made.signature_id == signature.position
    assert signing.is_fulfilled("practical-sign-off", done)


def test_an_evaluator_says_on_a_page_whom_they_saw_and_goes_on_to_sign(database: None) -> None:
    hospital = Hospital()
    hospital.course("IV")
    mia = person("Ruth", "witnessing")
    _is(mia, hospital, "1", unit="H", job="CNO")
    grants.give(
        mia, Group.objects.get(name=EVALUATOR), store_id=hospital.store_id, by=warden(), reason="Trains us."
    )
    client = Desk(mia).client
    client.get("/admin/compliance/practicalsignoff/", {"store": hospital.store_id})
    said = {"learner": str(hospital.ann.pk), "course": "IV", "done_on": str(ago(1))}
    answer = client.post("/admin/compliance/practicalsignoff/add/", said)
    assert answer.status_code == 302, answer.content[:500]
    key = f"{hospital.course('IV').pk}/{hospital.ann.pk}/{hospital.mia.pk}/{ago(1)}"
    assert answer.headers["Location"] == f"/audit/sign/practical-sign-off/{key}/"
    mine = client.post("/admin/compliance/practicalsignoff/add/", {**said, "learner": str(hospital.mia.pk)})
    assert "Nobody signs off their own practice." in mine.text
    assert client.get(answer.headers["Location"]).status_code == 200
    answer = Desk(mia).sign_on_page("practical-sign-off", key, meaning="witnessing")
    assert answer.status_code == 302, answer.context["fault"]
    shown = client.get("/admin/compliance/practicalsignoff/")
    assert "Ann Lee" in shown.text


def test_nobody_signs_off_their_own_practice(database: None) -> None:
    hospital = Hospital()
    hospital.required(PRACTICAL, code="IV", since=today())
    mia = person("Ruth", "witnessing")
    _is(mia, hospital, "1", unit="H", job="CNO")
    mine = f"{hospital.course('IV').pk}/{hospital.mia.pk}/{hospital.mia.pk}/{today()}"
    assert Desk(mia).client.get(f"/audit/sign/practical-sign-off/{mine}/").status_code == 404
    others = signables.sign_off_key(
        hospital.course("IV"), person_id=hospital.mia.pk, evaluator_id=hospital.ann.pk, done_on=today()
    )
    said = _reason(Desk(mia).sign_on_page("practical-sign-off", others, meaning="witnessing"))
    assert said == "Nobody signs off their own practice."
