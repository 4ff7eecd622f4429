"""A copy of everything the hub holds on a person (GDPR 15(3) and 20).

In: a person. Out: a ZIP with one JSON file for each kind of record, statements exactly as they are served,
and the files of evidence. Of other people only what stands in the person's own records. Writes nothing.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from django.db import connection

from compliance.models import TrainingEvidence
from compliance.training import evidence
from connectors.models import Person

_PEOPLE = "SELECT p.id FROM connectors_person p WHERE p.id = %(person)s OR p.merged_into_id = %(person)s"
_OF = "person_id IN (SELECT id FROM whom)"
#: File → the rows in it, as JSON; OF_WHOM stands for the condition above.
_ROWS = {
    "names": "SELECT to_jsonb(v) FROM connectors_person_version v WHERE OF_WHOM ORDER BY id",
    "identifiers": "SELECT to_jsonb(v) FROM connectors_identifier v WHERE OF_WHOM ORDER BY id",
    "employment": "SELECT to_jsonb(v) FROM connectors_work_relationship_version v WHERE relationship_id IN"
    " (SELECT id FROM connectors_work_relationship WHERE OF_WHOM) ORDER BY id",
    "assignments": "SELECT to_jsonb(v) FROM connectors_work_assignment_version v WHERE OF_WHOM ORDER BY id",
    "accounts_in_learning_systems": "SELECT to_jsonb(a) FROM connectors_actor a WHERE id IN"
    " (SELECT actor_id FROM connectors_actor_link WHERE OF_WHOM) ORDER BY id",
    "completions": "SELECT to_jsonb(v) FROM compliance_completion v WHERE OF_WHOM ORDER BY id",
    "training_records": "SELECT to_jsonb(v) FROM compliance_training_record v WHERE OF_WHOM ORDER BY id",
    "disclosures": "SELECT jsonb_build_object('at', d.at, 'kind', d.kind, 'purpose', d.purpose)"
    " FROM compliance_disclosure d WHERE d.people && ARRAY(SELECT id FROM whom) ORDER BY d.id",
    "data_requests": "SELECT to_jsonb(v) FROM compliance_data_request v WHERE OF_WHOM ORDER BY id",
    "documents_of_learning_systems": "SELECT jsonb_build_object('document', d.document_id, 'activity',"
    " d.activity_id, 'type', d.content_type, 'content', encode(d.content, 'base64')) FROM lrs_document d"
    " JOIN lrs_entity e ON e.identifier = d.agent AND e.store_id = d.store_id"
    " JOIN connectors_actor a ON a.digest = e.digest"
    " WHERE a.id IN (SELECT actor_id FROM connectors_actor_link WHERE OF_WHOM) ORDER BY d.id",
}  # fmt: skip
_STATEMENTS = """
    SELECT DISTINCT s.seq, s.payload FROM connectors_actor_link l
    JOIN connectors_actor a ON a.id = l.actor_id JOIN lrs_entity e ON e.digest = a.digest
    JOIN lrs_statement_entity r ON r.entity_id = e.id JOIN lrs_statement s ON s.seq = r.seq
    WHERE l.person_id IN (SELECT id FROM whom) ORDER BY s.seq
"""


def archive(person: Person) -> bytes:
    """Return the ZIP."""
    root = person.merged_into_id or person.pk
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, query in _ROWS.items():
            rows = [_value(row[0]) for row in _rows(query, root)]
            packed.writestr(f"{name}.json", json.dumps(rows, ensure_ascii=False, indent=1))
        statements = ",\n".join(row[1] for row in _rows(_STATEMENTS, root))
        packed.writestr("statements.json", f"[{statements}]")
        for each in TrainingEvidence.objects.filter(record__person__in=_people(root)).select_related(
            "record"
        ):
            packed.writestr(f"evidence/{each.pk}-{each.sha256[:12]}", evidence.content(each.record, each))
    return content.getvalue()


def _people(root: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"person": root})
        return [row[0] for row in cursor.fetchall()]


def _rows(query: str, root: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"WITH whom AS ({_PEOPLE}) {query.replace('OF_WHOM', _OF)}", {"person": root})
        return list(cursor.fetchall())


def _value(found: Any) -> Any:
    return json.loads(found) if isinstance(found, str) else found
