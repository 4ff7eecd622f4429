"""After a dump was restored into another cluster, new statements must come after the restored ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

from django.db import connection

from lrs import feed
from lrs.ingest.clock import first_key
from tests.fixtures import Xapi

AHEAD = 100_000


def _restored_from_elsewhere(moodle: Xapi) -> None:
    """Put a statement there whose transaction this cluster has not reached."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO lrs_statement (seq, store_id, source_id, credential_id, statement_id, stored,
                                       timestamp, xid, version, flags, fingerprint, payload)
            VALUES (%s, %s, %s, %s, %s, now(), now(),
                    (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + %s)::text::xid8, 1, 0, %s, %s)
            """,
            (
                first_key(datetime.now(UTC)),
                moodle.store_id,
                moodle.access.source_id,
                moodle.access.credential_id,
                uuid4(),
                AHEAD,
                uuid4(),
                json.dumps({"id": str(uuid4())}),
            ),
        )


def test_it_moves_the_cluster_on_until_new_statements_come_last(moodle: Xapi) -> None:
    _restored_from_elsewhere(moodle)
    # The server's other databases use transaction ids up as well, so how many are left to use is not exact.
    assert 0 < feed.transactions_behind() <= AHEAD + 1
    assert feed.align() > 0
    assert feed.transactions_behind() == 0


def test_it_has_nothing_to_do_in_the_cluster_the_statements_were_stored_in(moodle: Xapi) -> None:
    feed.align()
    assert feed.align() == 0
