"""What belongs to a bundle, read in parts by server-side cursors within one snapshot of the database.

In: what was asked. Out: statements as they are stored, rows as the audit trail shows them, contexts. Never
more than a part in memory, whatever their number; never a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from compliance.reports.asked import Asked
from lrs.feed import FeedStatement

#: Records of one part.
AT_A_TIME = 500

# Of whom and what: each is a condition on a completion `c`.
OF_COMPLETIONS = """
    c.store_id = %(store)s AND c.person_id = ANY (%(people)s::bigint[])
    AND (%(courses)s::bigint[] IS NULL OR c.course_id = ANY (%(courses)s::bigint[]))
    AND c.recorded @> %(known)s::timestamptz AND c.completed_at <= %(at)s
    AND c.completed_at >= coalesce(%(since)s::timestamptz, '-infinity')
    AND c.completed_at < coalesce(%(until)s::timestamptz, 'infinity')
"""
_CONTEXTS = """
    connectors_statement_context x JOIN connectors_context n ON n.id = x.context_id
    WHERE x.store_id = %(store)s AND n.person_id = ANY (%(people)s::bigint[])
      AND x.recorded_from <= %(known)s AND (x.recorded_to IS NULL OR x.recorded_to > %(known)s)
"""
_EVIDENCE = f"""
    SELECT e.seq FROM compliance_completion c
    JOIN compliance_completion_evidence e ON e.completion_id = c.id WHERE {OF_COMPLETIONS}
"""  # noqa: S608  words of ours
_SEQS = f"""
    SELECT x.seq FROM {_CONTEXTS}
      AND x.moment <= %(at)s AND x.moment >= coalesce(%(since)s::timestamptz, '-infinity')
      AND x.moment < coalesce(%(until)s::timestamptz, 'infinity')
      AND (%(courses)s::bigint[] IS NULL OR EXISTS (
          SELECT FROM compliance_outcome o JOIN compliance_course_activity a
          ON a.digest = o.activity AND a.store_id = o.store_id
          WHERE o.seq = x.seq AND a.course_id = ANY (%(courses)s::bigint[])))
    UNION {_EVIDENCE}
"""  # noqa: S608  words of ours
_STATEMENTS = f"""
    SELECT s.seq, s.store_id, s.source_id, s.credential_id, s.statement_id, s.stored, s.timestamp, s.version,
           s.flags, s.payload
    FROM lrs_statement s WHERE s.seq IN ({_SEQS}) ORDER BY s.seq
"""  # noqa: S608  words of ours
_CONTEXT_LINES = f"""
    SELECT jsonb_build_object('statement', s.statement_id, 'actor_id', x.actor_id,
           'recorded_from', x.recorded_from, 'context', to_jsonb(n) - 'digest')::text
    FROM {_CONTEXTS.replace("WHERE", "JOIN lrs_statement s ON s.seq = x.seq WHERE", 1)}
      AND x.seq IN ({_SEQS}) ORDER BY x.seq, x.actor_id, x.recorded_from
"""  # noqa: S608  words of ours
_OF_COMPLETION = f"SELECT c.id FROM compliance_completion c WHERE {OF_COMPLETIONS}"  # noqa: S608  words of ours
_ASSIGNED = f"SELECT n.assignment_version_id FROM {_CONTEXTS} AND x.seq IN ({_SEQS})"  # noqa: S608  ours


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of an audited table that belong to a bundle."""

    #: The file they stand in.
    file: str
    table: str
    #: Which, as SQL about `r`.
    which: str
    key: str = "id"
    what: str = ""


_SIGNED = """
    (r.kind = 'training-record' AND r.record_key IN (
        SELECT t.id::text FROM compliance_training_record t
        WHERE t.store_id = %(store)s AND t.person_id = ANY (%(people)s::bigint[])))
    OR (r.kind = 'training-file' AND r.record_key IN (
        SELECT t.file_id::text FROM compliance_training_record t
        WHERE t.store_id = %(store)s AND t.person_id = ANY (%(people)s::bigint[]) AND t.file_id IS NOT NULL))
    OR (r.kind = 'waiver' AND r.record_key IN (
        SELECT w.id::text FROM compliance_waiver w WHERE w.person_id = ANY (%(people)s::bigint[])))
    OR (r.kind = 'practical-sign-off' AND r.position IN (
        SELECT o.signature_id FROM compliance_practical_sign_off o
        WHERE o.store_id = %(store)s AND o.person_id = ANY (%(people)s::bigint[])))
    OR %(everything)s::boolean
"""

ROWS: tuple[Rows, ...] = (
    Rows(
        "completions.jsonl",
        "compliance_completion",
        f"r.id IN ({_OF_COMPLETION})",
        what="Who completed what, when, as the hub knew it from and to (`recorded`).",
    ),
    Rows(
        "completion-evidence.jsonl",
        "compliance_completion_evidence",
        f"r.completion_id IN ({_OF_COMPLETION})",
        what="Which statement (`seq`) each completion stands on.",
    ),
    Rows(
        "courses.jsonl",
        "compliance_course",
        f"r.id IN (SELECT c.course_id FROM compliance_completion c WHERE {OF_COMPLETIONS})",  # noqa: S608  ours
        what="The courses that were completed.",
    ),
    Rows(
        "people.jsonl",
        "connectors_person_version",
        "r.person_id = ANY (%(people)s::bigint[]) AND r.recorded @> %(known)s::timestamptz",
        what="What the people are called, in business time (`valid`) and recording time (`recorded`).",
    ),
    Rows(
        "assignments.jsonl",
        "connectors_work_assignment_version",
        f"r.id IN ({_ASSIGNED}) OR (r.person_id = ANY (%(people)s::bigint[])"
        " AND r.recorded @> %(known)s::timestamptz)",
        what="Where they worked, as what, for whom.",
    ),
    Rows(
        "requirements.jsonl",
        "compliance_requirement_version",
        "r.requirement_id = %(requirement)s::bigint",
        what="The requirement in all its versions, where one was asked for.",
    ),
    Rows(
        "signatures.jsonl",
        "compliance_signature",
        _SIGNED,
        key="number",
        what="Electronic signatures: printed name, time with zone, meaning, and exactly what was signed.",
    ),
)


class Evidence:
    """Everything one question is answered with; to be read within one transaction."""

    def __init__(self, asked: Asked) -> None:
        self.people = asked.people()
        everything = asked.person_id is None and asked.unit_id is None and asked.visible.everything
        self._values: Mapping[str, Any] = {
            "store": asked.store_id,
            "people": self.people,
            "courses": asked.courses(),
            "requirement": asked.requirement_id,
            "at": asked.at,
            "known": asked.known,
            "since": asked.since,
            "until": asked.until,
            "everything": everything,
        }

    def statements(self) -> Iterator[list[FeedStatement]]:
        """Yield the statements in the order of their arrival, some at a time."""
        for part in self.read(_STATEMENTS):
            yield [FeedStatement(*row) for row in part]

    def contexts(self) -> Iterator[bytes]:
        """Yield under which context each statement was made, a line each."""
        for part in self.read(_CONTEXT_LINES):
            yield b"".join(row[0].encode() + b"\n" for row in part)

    def rows(self, rows: Rows) -> Iterator[list[tuple[str, str]]]:
        """Yield key and JSON of rows, some at a time."""
        question = (
            f"SELECT r.{rows.key}::text, to_jsonb(r)::text FROM {rows.table} r"  # noqa: S608  words of ours
            f" WHERE {rows.which} ORDER BY r.{rows.key}"
        )
        for part in self.read(question):
            yield [(row[0], row[1]) for row in part]

    def read(self, question: str) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a question about what was asked, some at a time."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(question, self._values)
            while part := cursor.fetchmany(AT_A_TIME):
                yield part
