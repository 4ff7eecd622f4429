"""Who must be trained in what: requirements from templates, who is overdue, sign-offs of practice.

In: a store with people, courses and completions. Out: versions that somebody drafted and somebody else
approved under signature, standings as of any day, and practical sign-offs by an evaluator who is qualified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from compliance.models import Course, PracticalSignOff, Requirement, Signature
from compliance.requirements import library, lifecycle, signables
from compliance.signing import verify
from compliance.status import read
from compliance.status.standing import State
from connectors.api import names
from connectors.models import Identifier, IdentifierType, OrganizationUnit, OrganizationUnitVersion
from simulators.inspection import learning
from simulators.inspection.cast import EVALUATOR, Actor, actor
from simulators.inspection.history import Transfer
from simulators.inspection.stage import Stage

#: Template → the course of the company it asks for, and the regulatory classes of whom.
CHOSEN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "gxp-211-25-personnel": ("GMP", ("GMP",)),
    "hipaa-164-308-security": ("PART11", ("PART11", "HIPAA")),
    "osha-1910-132-ppe": ("OSHA", ("OSHA",)),
    "osha-1910-147-lockout": ("LOTO", ("LOTO",)),
    "osha-1910-1200-hazcom": ("HAZCOM", ("HAZCOM",)),
    "osha-1910-134-fit-test": ("FIT", ("HAZCOM",)),
}
#: The one that takes a practical sign-off, and what whoever signs it has to meet.
PRACTICE, EVALUATORS = "osha-1910-134-fit-test", "osha-1910-132-ppe"
#: The classes a transfer leads from and to.
LEAVING, JOINING = "LOTO", "HAZCOM"
SIGN_OFFS = 3

#: (person, requirement) → state.
States = dict[tuple[int, int], State]


def require(stage: Stage) -> list[Requirement]:
    """Have requirements drafted from templates and approved by another, from the first day on."""
    Course.objects.create(store_id=stage.store_id, code="FIT", title="Respirator fit test")
    dora = actor(stage, "Dora Drafts", role="Compliance: manager")
    paul = actor(stage, "Paul Approves", signs=["approval"])
    paul.sign_in()
    made = []
    for code, (course, classes) in CHOSEN.items():
        template = library.named(code)
        draft = library.make(
            stage.store_id,
            template,
            courses=dict.fromkeys(template.courses, course),
            rule={"regulatory_classes": list(classes)},
            by=dora.user,
        )
        if code == PRACTICE:
            what = {"sign_off": course, "evaluators": EVALUATORS}
            lifecycle.edit(draft, {**draft.definition, "what": what})
        version = lifecycle.submit(draft)
        paul.sign(signables.VERSION, signables.version_key(version, stage.people.since))
        version.refresh_from_db()
        signed = Signature.objects.filter(position=version.signature_id or 0).first()
        holds = version.state == "effective" and signed is not None and verify(signed).valid
        stage.check(holds, f"{code} ({template.section}) is in force, signed by {paul.name}")
        made.append(version.requirement)
        if signed is not None and len(made) == 1:
            paul.window.open(f"/audit/sign/{signed.kind}/{signed.record_key}/")
            stage.picture(paul.window, "requirement-signed")
    return made


def told_by_department(stage: Stage) -> None:
    """Say who is overdue where; the table the hub keeps must say what a full answer says."""
    today, rows = stage.today, read.now(stage.store_id)
    overdue = [each for each in rows if each.state(today) is State.OVERDUE]
    counted = Counter(each.unit_id for each in overdue)
    everybody = Counter(each.unit_id for each in rows)
    called = unit_names([key for key in everybody if key is not None])
    table = [
        (
            called.get(key or 0, "(none)"),
            len({e.person_id for e in overdue if e.unit_id == key}),
            number,
            everybody[key],
        )
        for key, number in counted.most_common(12)
    ]
    stage.table(("Department", "People overdue", "Overdue", "Required"), table)
    stage.say(f"    {len(counted)} departments, {len(overdue):,} overdue of {len(rows):,} required")
    stage.check(
        set(rows) == set(read.statuses(stage.store_id, today)), "the table of now says what is derived anew"
    )
    stage.check(bool(overdue) and len(overdue) < len(rows), "some are overdue, and not all")


def unit_names(keys: Sequence[int]) -> dict[int, str]:
    """Return what units are called now."""
    rows = OrganizationUnitVersion.objects.filter(unit_id__in=list(keys), recorded__upper_inf=True)
    return dict(rows.order_by("valid").values_list("unit_id", "name"))


def department(stage: Stage) -> OrganizationUnit:
    """Return the department in which most is required, among those where practice was signed off."""
    signed = set(PracticalSignOff.objects.filter(store_id=stage.store_id).values_list("person_id", flat=True))
    rows = [each for each in read.now(stage.store_id) if each.unit_id is not None]
    units = {each.unit_id for each in rows if each.person_id in signed}
    counted = Counter(each.unit_id for each in rows if each.unit_id in units)
    [(key, _)] = counted.most_common(1)
    return OrganizationUnit.objects.get(pk=key or 0)


@dataclass(frozen=True, slots=True)
class Past:
    """How everybody stood on some days, as known at one moment."""

    known: datetime
    days: Sequence[date]
    states: Mapping[date, States]


def past(stage: Stage, days: Sequence[date], known: datetime | None = None) -> Past:
    """Return how everybody stood on days, as known at a moment."""
    moment = known or timezone.now()
    found = {
        day: {
            (each.person_id, each.requirement_id): each.state(day)
            for each in read.statuses(stage.store_id, day, moment)
        }
        for day in days
    }
    return Past(moment, days, found)


def compared(stage: Stage, moved: Transfer, before: Past, after: Past) -> None:
    """Say whose status changed on which past day, and check that nobody else's did."""
    codes = dict(Requirement.objects.filter(store_id=stage.store_id).values_list("pk", "code"))
    rows: list[tuple[date, int, str, State, State]] = []
    for day in before.days:
        then, now = before.states[day], after.states[day]
        for person, requirement in sorted({*then, *now}):
            was = then.get((person, requirement), State.NOT_REQUIRED)
            turned = now.get((person, requirement), State.NOT_REQUIRED)
            if was != turned:
                rows.append((day, person, codes[requirement], was, turned))
    name = f"as known {before.known:%H:%M:%S}"
    stage.table(("As of", "Person", "Requirement", name, f"as known {after.known:%H:%M:%S}"), rows)
    stage.check(bool(rows), "the transfer changed who was overdue when")
    stage.check({row[1] for row in rows} == {moved.person_id}, "nobody's status changed but of who was moved")
    stage.check(all(row[0] >= moved.day for row in rows), f"nothing changed before {moved.day}")
    stage.check(
        any(row[4] == State.OVERDUE for row in rows), "on past days somebody turns out to have been overdue"
    )
    again = past(stage, before.days, before.known)
    stage.check(again.states == before.states, "asked again as known before, every day answers as it did")
    [kept, anew] = (
        {(each.requirement_id, each.state(stage.today)) for each in rows_}
        for rows_ in (
            read.now(stage.store_id, people=[moved.person_id]),
            read.statuses(stage.store_id, stage.today, people=[moved.person_id]),
        )
    )
    stage.check(kept == anew, "the hub's table of now followed the transfer")
    for requirement in sorted({key for key, _ in anew}):
        found = read.explain(stage.store_id, moved.person_id, requirement, stage.today)
        stage.say(f"    {codes[requirement]}: {found.state}. {' '.join(found.reasons)}")


def sign_off(stage: Stage) -> None:
    """Have an evaluator who is qualified sign what they saw, and one who is not be refused."""
    course = Course.objects.get(store_id=stage.store_id, code="FIT")
    practice = Requirement.objects.get(store_id=stage.store_id, code=PRACTICE)
    able, unable = _evaluators(stage)
    rows = read.now(stage.store_id, requirements=[practice.pk])
    waiting = [each.person_id for each in rows if each.until is None and each.person_id not in (able, unable)]
    mails = _mails([able, unable])
    evaluator = _evaluator(stage, able, mails[able])
    for learner in waiting[:SIGN_OFFS]:
        evaluator.sign(
            signables.SIGN_OFF, _key(stage, course, learner, able), reason="With the mask they wear."
        )
        stage.picture(evaluator.window, "sign-off")
    made = list(PracticalSignOff.objects.filter(course=course, evaluator_id=able))
    given = [Signature.objects.get(position=each.signature_id or 0) for each in made]
    for each in given:
        stage.say(
            f"    {each.printed_name}, {each.meaning}: {each.title}, with {' and '.join(each.components)}"
        )
    good = len(made) == len(waiting[:SIGN_OFFS]) > 0 and all(verify(each).valid for each in given)
    stage.check(good, f"{len(made)} sign-offs stand, each with a valid signature")
    two = [len(each.components) for each in given][:1] == [2]
    stage.check(two, "the first signature of the session took two components")
    novice = _evaluator(stage, unable, mails[unable])
    words = novice.sign(signables.SIGN_OFF, _key(stage, course, waiting[-1], unable))
    refused = not PracticalSignOff.objects.filter(course=course, evaluator_id=unable).exists()
    stage.check(
        refused and "was not qualified" in words, "an evaluator who is not qualified is refused, and told why"
    )
    stage.settle()
    rows = read.now(stage.store_id, people=[each.person_id for each in made], requirements=[practice.pk])
    compliant = bool(rows) and all(each.state(stage.today) is State.COMPLIANT for each in rows)
    stage.check(compliant, "who was signed off is compliant now")


def _key(stage: Stage, course: Course, learner: int, evaluator: int) -> str:
    return signables.sign_off_key(course, person_id=learner, evaluator_id=evaluator, done_on=stage.today)


def _evaluators(stage: Stage) -> tuple[int, int]:
    """Return who is qualified to evaluate, and who is not; both have caught up with their own training.

    Whose training is overdue signs nothing, so Totara reports what these two were missing.
    """
    required = Requirement.objects.get(store_id=stage.store_id, code=EVALUATORS)
    practice = Requirement.objects.get(store_id=stage.store_id, code=PRACTICE)
    missing: dict[int, set[str]] = {}
    asked: dict[int, set[int]] = {}
    courses = {code: course for code, (course, _) in CHOSEN.items()}
    codes = dict(Requirement.objects.filter(store_id=stage.store_id).values_list("pk", "code"))
    for each in read.now(stage.store_id):
        asked.setdefault(each.person_id, set()).add(each.requirement_id)
        if each.state(stage.today) is not State.COMPLIANT:
            missing.setdefault(each.person_id, set()).add(courses[codes[each.requirement_id]])
    mails = _mails(list(asked))
    chosen = [
        min(found, key=lambda each: (len(missing.get(each, ())), each))
        for found in (
            [
                each
                for each, of in asked.items()
                if each in mails and required.pk in of and practice.pk not in of
            ],
            [each for each, of in asked.items() if each in mails and not {required.pk, practice.pk} & of],
        )
    ]
    for person in chosen:
        learning.caught_up(stage, mails[person], missing.get(person, set()))
    stage.settle()
    return chosen[0], chosen[1]


def _evaluator(stage: Stage, person: int, email: str) -> Actor:
    """Return the account of somebody in the workforce record: it has their name and their address."""
    now = timezone.now()
    name = names.people([person], now, now)[person]
    found = actor(stage, name, role=EVALUATOR, signs=["witnessing"], email=email)
    found.sign_in()
    return found


def _mails(people: Sequence[int]) -> dict[int, str]:
    """Return the addresses of people by which their accounts are told to be theirs."""
    rows: Any = Identifier.objects.filter(
        person_id__in=list(people), type=IdentifierType.EMAIL, recorded__upper_inf=True
    )
    return {person: value for person, value in rows.values_list("person_id", "value") if value}


def past_days(stage: Stage, day: date) -> list[date]:
    """Return days before and behind the day of a transfer, up to today."""
    found = [day - timedelta(days=30), day - timedelta(days=1), day]
    while found[-1] + timedelta(days=30) < stage.today:
        found.append(found[-1] + timedelta(days=30))
    return [*found, stage.today]
