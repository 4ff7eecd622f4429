"""Legal holds: what may not be disposed of, whatever the schedules say.

In: a matter, who answers for it, what it covers. Out: LegalHold rows, placed and lifted, never changed. A
record is held until the last of its holds is lifted. Disposition asks again in the transaction that destroys
(migration 0009).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from compliance.errors import ComplianceError
from compliance.models import LegalHold
from compliance.retention import due

_SEES_ALL = "compliance.view_restricted_hold"


@dataclass(frozen=True, slots=True)
class Reported:
    """A hold with what it keeps now."""

    hold: LegalHold
    #: Record class → records.
    records: Mapping[str, int]
    #: How many of them would be due without it.
    due: int


def place(store_id: int, *, by: User, matter: str, custodian: str, reason: str, **scope: Any) -> LegalHold:
    """Place a hold; `scope` is person, unit (with as_of), course, period_from, period_to, restricted."""
    for name, text in (("matter", matter), ("custodian", custodian), ("reason", reason)):
        if not text.strip():
            raise ComplianceError("A hold names its matter, its custodian and why.", field=name)
    named = [scope.get(each) for each in ("person", "unit", "course", "period_from", "period_to")]
    if all(each is None for each in named):
        raise ComplianceError("A hold covers a person, a unit, a course or a period.", field="person")
    for name in ("person", "unit", "course"):
        found = scope.get(name)
        if found is not None and found.store_id != store_id:
            raise ComplianceError("This is of another store.", field=name)
    begin, end = scope.get("period_from"), scope.get("period_to")
    if begin is not None and end is not None and end < begin:
        raise ComplianceError("The period ends before it begins.", field="period_to")
    return LegalHold.objects.create(
        store_id=store_id, placed_by=by, matter=matter, custodian=custodian, reason=reason, **scope
    )


def lift(hold: LegalHold, *, by: User, why: str) -> None:
    """Lift a hold; what no other hold covers is under its schedules again."""
    if hold.lifted is not None:
        raise ComplianceError("This hold is lifted already.", field="lifted")
    if not why.strip():
        raise ComplianceError("Say why it is lifted.", field="lifted_why")
    hold.lifted, hold.lifted_by, hold.lifted_why = timezone.now(), by, why
    hold.save(update_fields=["lifted", "lifted_by", "lifted_why"])


def visible_to(user: User) -> QuerySet[LegalHold]:
    """Return the holds somebody may know of: restricted ones are for who placed them and who may see all."""
    if user.has_perm(_SEES_ALL):
        return LegalHold.objects.all()
    return LegalHold.objects.filter(Q(restricted=False) | Q(placed_by=user))


def report(store_id: int, holds: QuerySet[LegalHold]) -> Sequence[Reported]:
    """Return the standing holds among `holds` with what each keeps today."""
    day = due.today()
    rows = [each for each in due.kept(store_id, on=day) if each.holds]
    found = []
    for hold in holds.filter(store=store_id, lifted=None):
        mine = [each for each in rows if hold.pk in each.holds]
        counts: dict[str, int] = {}
        for each in mine:
            counts[each.record_class] = counts.get(each.record_class, 0) + 1
        found.append(Reported(hold, counts, sum(each.is_due(day) for each in mine)))
    return found
