"""Fills the store through the hub's own way in, past HTTP.

In: a range of session numbers. Out: a step for each chunk (benchmarks.crew). What the door does behind
the parser is done here too, in the same order: prepare, store, take over links of a
StatementRef's target, learn.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice

from benchmarks import sample
from benchmarks.hub import SOURCE, STORE

CHUNK = 1_000


def fill(*, first_session: int, count: int, tells: bool) -> Iterator[int]:
    """Store `count` statements; where `tells`, say now and then how far it is."""
    import django

    django.setup()
    from lrs.auth.access import Access
    from lrs.auth.authority import of_key
    from lrs.ingest import batch, references
    from lrs.ingest.beside import Beside
    from lrs.ingest.learned import learn
    from lrs.ingest.store import store
    from lrs.models import Credential
    from lrs.wire.version import Version

    credential = Credential.objects.select_related("source").get(
        source__name=SOURCE, source__store__name=STORE
    )
    access = Access(
        store_id=credential.source.store_id,
        source_id=credential.source_id,
        credential_id=credential.pk,
        authority=of_key(key=credential.key, source_name=SOURCE, authority=credential.authority),
        scopes=frozenset({"all"}),
        body_bytes=0,
        requests_per_minute=0,
    )
    yield 0
    made = 0
    remaining = sample.statements(first_session, count)
    while chunk := list(islice(remaining, CHUNK)):
        prepared = batch.prepare(chunk, chunk, authority=access.authority, version=Version.V1)
        stored = store(access, prepared, Beside())
        if prepared.references or stored.referred:
            references.take_over(
                access.store_id,
                referrers=[
                    stored.seq(place) for place, _ in prepared.references if place not in stored.already
                ],
                targets=prepared.ids if stored.referred else [],
            )
        learn(chunk, stored.entity_ids)
        made += len(chunk)
        if tells and made % 100_000 == 0:
            print(f"    … {made:,} of {count:,} by this process", file=sys.stderr, flush=True)
        yield len(chunk)
