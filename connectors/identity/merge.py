"""Two people who are one, and one person who was two.

In: people. Out: merges, in recording time, and changes from which every context concerned is derived again.
A merge is undone by ending it; whoever was merged into the first of the two before goes back to them.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from connectors import changes
from connectors.errors import ConnectorError
from connectors.identity.link import concerned_by, relink
from connectors.models import ChangeSubject, Person, PersonMerge


@transaction.atomic
def merge(person_id: int, into_id: int, *, reason: str = "", by_id: int | None = None) -> PersonMerge:
    """Count `person_id` as `into_id` from now on. Raises ConnectorError where that cannot be."""
    people = {
        each.pk: each for each in Person.objects.select_for_update().filter(pk__in=[person_id, into_id])
    }
    if len(people) < 2:
        raise ConnectorError("A person cannot be merged into themselves or into nobody.")
    person, into = people[person_id], people[into_id]
    if person.store_id != into.store_id:
        raise ConnectorError("The two belong to different stores.")
    if person.merged_into_id or into.merged_into_id:
        raise ConnectorError("One of the two is merged into somebody already.", suggestion="Undo that first.")
    done = _merged(person, into, reason=reason, by_id=by_id)
    # Nobody is merged into somebody who is merged: those of the first go along.
    for each in Person.objects.select_for_update().filter(merged_into=person):
        _end(PersonMerge.objects.get(person=each, recorded_to=None))
        _merged(each, into, reason=reason, by_id=by_id, because_of=done)
    _tell([person_id, into_id])
    return done


@transaction.atomic
def undo(merge_id: int) -> None:
    """Count the two as two again."""
    done = PersonMerge.objects.select_for_update().get(pk=merge_id)
    if done.recorded_to is not None:
        raise ConnectorError("This merge has been undone.")
    _end(done)
    for each in PersonMerge.objects.select_for_update().filter(because_of=done, recorded_to=None):
        _end(each)
        _merged(each.person, done.person, reason=each.reason, by_id=each.by_id)
    _tell([done.person_id, done.into_id])


def _merged(
    person: Person, into: Person, *, reason: str, by_id: int | None, because_of: PersonMerge | None = None
) -> PersonMerge:
    Person.objects.filter(pk=person.pk).update(merged_into=into)
    return PersonMerge.objects.create(
        person=person,
        into=into,
        reason=reason,
        by_id=by_id,
        because_of=because_of,
        recorded_from=timezone.now(),
    )


def _end(done: PersonMerge) -> None:
    now = max(timezone.now(), done.recorded_from + timedelta(microseconds=1))
    PersonMerge.objects.filter(pk=done.pk).update(recorded_to=now)
    Person.objects.filter(pk=done.person_id).update(merged_into=None)


def _tell(people: list[int]) -> None:
    """Have everything derived again that stands on these people, and on those merged into them."""
    people = [*people, *Person.objects.filter(merged_into__in=people).values_list("pk", flat=True)]
    for person_id in people:
        store_id = Person.objects.values_list("store_id", flat=True).get(pk=person_id)
        changes.record(store_id, ChangeSubject.PERSON, person_id, [(None, None)])
    relink(concerned_by(people))
