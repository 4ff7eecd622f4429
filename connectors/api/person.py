"""One person of the caller's store.

In: an id out of the address. Out: the person; or where to ask instead, because they were merged into
somebody. Never somebody of another store.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from connectors.api.problems import not_found
from connectors.api.resource import Resource, answer
from connectors.models import Person


def of(resource: Resource, person_id: int) -> Person:
    """Return a person; Problem where the store has none of this id."""
    found = Person.objects.filter(pk=person_id, store=resource.caller.store_id).first()
    if found is None:
        raise not_found("person")
    return found


def elsewhere(resource: Resource, person: Person, view: str) -> HttpResponse | None:
    """Return the redirect to whom a person is merged into; None for everybody else.

    A merge can be undone, so the redirect holds for this request alone.
    """
    if person.merged_into_id is None:
        return None
    query = resource.django_request.META.get("QUERY_STRING", "")
    address = reverse(view, args=[person.merged_into_id]) + (f"?{query}" if query else "")
    response = answer({"merged_into": person.merged_into_id}, status=307)
    response.headers["Location"] = address
    return response
