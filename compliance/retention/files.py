"""The files of attachments nothing names any more.

In: contents that disposition took from the last statement or record that carried them. Out: their files are
gone from the storage. A crash between the two leaves the row open, and the next call removes the file. Never
a file that a statement or a draft names again meanwhile.
"""

from __future__ import annotations

from django.db import connection, transaction

from lrs import attachments

_OPEN = """
    SELECT d.id, d.store_id, d.sha256,
           EXISTS (SELECT FROM lrs_attachment a WHERE a.store_id = d.store_id AND a.sha256 = d.sha256)
           OR EXISTS (SELECT FROM compliance_training_evidence e
                      JOIN compliance_training_record t ON t.id = e.record_id
                      WHERE t.store_id = d.store_id AND e.sha256 = d.sha256)
    FROM lrs_disposed_attachment d WHERE d.removed IS NULL ORDER BY d.id LIMIT 1000
"""


def remove() -> int:
    """Remove files that are to go; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OPEN)
        rows = cursor.fetchall()
        for _, store_id, sha256, used in rows:
            if not used:
                attachments.storage().delete(attachments.path_of(store_id, sha256))
        cursor.execute(
            "UPDATE lrs_disposed_attachment SET removed = now() WHERE id = ANY (%s)",
            [[row[0] for row in rows]],
        )
    return sum(not row[3] for row in rows)
