"""The proof of each record, as it stands in a bundle.

In: statements, and the entries of the audit trail that made a row what it is. Out: JSON with the record that
was committed to, its salt, the name and place of its leaf and the path to the root. A record that has no leaf
under the checkpoint yet is marked so, and counted.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from compliance.models import LogCheckpoint
from compliance.proof import audit, proofs, statements, stored
from compliance.proof.proofs import Inclusion
from compliance.reports.bundle.evidence import AT_A_TIME, Evidence, Rows
from lrs.feed import FeedStatement

_ENTRIES = """
SELECT e.row_key, e.seq, e.before::text, e.after::text FROM compliance_audit_entry e
WHERE e.table_name = %s AND e.row_key = ANY (%s) ORDER BY e.seq
"""


class Proven:
    """Proofs against one checkpoint."""

    def __init__(self, checkpoint: LogCheckpoint) -> None:
        self._checkpoint = checkpoint
        self._nodes = stored.nodes()
        #: Records without a proof: they came after the checkpoint.
        self.waiting = 0
        #: Records with one.
        self.proven = 0

    def statements(self, parts: Iterator[list[FeedStatement]]) -> Iterator[bytes]:
        """Yield a line for each statement, in the same order."""
        for part in parts:
            found = self._found(statements.KIND, [each.seq for each in part])
            yield b"".join(
                _line(self._told(found.get(each.seq), statements.canonical(each))) for each in part
            )

    def rows(self, evidence: Evidence, rows: Rows) -> Iterator[bytes]:
        """Yield a line for each row: its key, what it is, and every entry of the trail that made it so."""
        for part in evidence.rows(rows):
            trails = self._trails(rows.table, [key for key, _ in part])
            yield b"".join(
                b'{"key":%b,"row":%b,"trail":%b}\n'
                % (json.dumps(key).encode(), row.encode(), _json(trails.get(key, [])))
                for key, row in part
            )

    def _trails(self, table: str, keys: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        with connection.cursor() as cursor:
            cursor.execute(_ENTRIES, [table, list(keys)])
            entries = cursor.fetchall()
        trails: dict[str, list[dict[str, Any]]] = {}
        for start in range(0, len(entries), AT_A_TIME):
            part = entries[start : start + AT_A_TIME]
            seqs = [seq for _, seq, _, _ in part]
            found = self._found(audit.KIND, seqs)
            records = {each.key: each.canonical for each in audit.AUDIT.of_keys(seqs)}
            for key, seq, before, after in part:
                told = self._told(found.get(seq), records[seq])
                trails.setdefault(key, []).append({**told, "before": before, "after": after})
        return trails

    def _found(self, kind: str, keys: Sequence[int]) -> dict[int, Inclusion]:
        found = proofs.of_records(kind, keys, checkpoint=self._checkpoint, nodes=self._nodes)
        return {each.key: each for each in found}

    def _told(self, proof: Inclusion | None, record: bytes) -> dict[str, Any]:
        if proof is None or proof.salt is None:
            self.waiting += 1
            return {"record": record.decode(), "waiting": True}
        self.proven += 1
        return {
            "record": record.decode(),
            "salt": bytes(proof.salt).hex(),
            "id": json.loads(proof.entry)["id"],
            "index": proof.index,
            "path": [b64encode(each).decode("ascii") for each in proof.path],
        }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _line(value: Any) -> bytes:
    return _json(value) + b"\n"
