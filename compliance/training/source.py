"""The hub's own source in each store: under it the hub posts what people recorded in it.

In: a store. Out: an `Access` that may write, void and define there. Its credential has no secret, so nobody
can sign in with it; statements name it like any other.
"""

from __future__ import annotations

from django.apps import apps
from django.db import transaction

from lrs.auth.access import Access

NAME = "LRS Hub records"
AUTHORITY = {
    "objectType": "Agent",
    "name": NAME,
    "account": {"homePage": "https://w3id.org/lrshub", "name": "records"},
}
#: Evidence goes along in the body.
_BODY_BYTES = 1 << 30


def access(store_id: int) -> Access:
    """Return what the hub itself may do in a store; source and credential are made where they are missing."""
    with transaction.atomic():
        source, _ = apps.get_model("lrs", "Source").objects.get_or_create(
            store_id=store_id,
            name=NAME,
            defaults={"kind": "tool", "description": "Training recorded by people in the hub."},
        )
        credential, _ = apps.get_model("lrs", "Credential").objects.get_or_create(
            key=f"lrs-hub-records-{store_id}",
            defaults={
                "source": source,
                "label": NAME,
                "scopes": ["statements/write", "define"],
                "authority": AUTHORITY,
            },
        )
    return Access(
        store_id=store_id,
        source_id=source.pk,
        credential_id=credential.pk,
        authority=AUTHORITY,
        scopes=frozenset(credential.scopes),
        may_void=True,
        body_bytes=_BODY_BYTES,
        requests_per_minute=0,
    )
