"""Which training records were disposed of, by the one path that leaves a certificate.

In: keys of records. Out: those that were destroyed, or whose statements were. A record that is merely not
there is none of them.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

_DISPOSED = """
SELECT i.key FROM compliance_disposition_item i
JOIN compliance_disposition_result r ON r.item_id = i.id AND r.outcome = 'destroyed'
WHERE i.record_class = 'training_record' AND i.key = ANY (%(keys)s)
UNION
SELECT t.id FROM compliance_training_record t
JOIN lrs_disposed_statement d ON d.store_id = t.store_id AND d.statement_id = t.statement_id
WHERE t.id = ANY (%(keys)s)
"""


def disposed(keys: Collection[int]) -> set[int]:
    """Return the keys of those records that were disposed of."""
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_DISPOSED, {"keys": list(keys)})
        return {key for (key,) in cursor.fetchall()}
