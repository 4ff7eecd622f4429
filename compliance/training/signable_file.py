"""A file of training records as one record that is signed: the signature freezes all of it, and its records
become statements under it, one after another (compliance.training.posting).

In: a file whose lines were kept as drafts. Out: what a signer sees: which file that was, and for each record
its line, person, course, day and the SHA-256 of the statement it becomes; of a record that is posted, of the
statement as it stands in the record store. A record that was signed or withdrawn by itself is not among them.
Neither who brought the file nor anybody in it signs it. No name stands in it, so that nothing of a person is
left here when their record is disposed of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from hashlib import sha256
from typing import Any

import orjson
import rfc8785
from django.apps import apps
from django.db import transaction
from django.urls import reverse

from compliance.access.workforce import people_of
from compliance.completions.facts import RECORD
from compliance.models import FileState, Meaning, Signature, TrainingFile, TrainingRecord, TrainingState
from compliance.signing import NotAllowed, Shown, SignableKind, Step, register
from compliance.signing.standing import row_of, signed_content, version_of
from compliance.training import posting
from compliance.training.disposed import disposed
from compliance.training.statement import ADDED

KIND = "training-file"
#: Records whose statements are read at once.
_AT_ONCE = 1_000


def _found(record_key: str) -> TrainingFile:
    return row_of(TrainingFile.objects.select_related("store"), record_key)


def records_of(file: TrainingFile) -> Any:
    """Return the records a signature of the file is, or would be, for."""
    if file.signature_id is not None:
        return file.records.filter(signature_id=file.signature_id)
    return file.records.filter(state=TrainingState.DRAFT, signature_id__isnull=True)


def _shown(record_key: str) -> Shown:
    file = _found(record_key)
    lines = _lines(file)
    if not lines:
        raise LookupError(record_key)
    said: dict[str, Any] = {
        "file": file.name,
        "sha256": file.sha256,
        "store": file.store.name,
        "number_of_records": len(lines),
        "records": lines,
    }
    return Shown(
        kind=KIND,
        record_key=record_key,
        version=version_of(said, file.signature_id),
        title=f"Training file {file.pk}: {file.name}",
        author_id=file.created_by_id,
        content=said,
    )


def _lines(file: TrainingFile) -> list[dict[str, Any]]:
    found = {each["line"]: each for each in _standing(file)}
    signed = {each["line"]: each for each in signed_content(file.signature_id).get("records", [])}
    missing = [each["record"] for line, each in signed.items() if line not in found]
    # What was disposed of since is as it was signed: a certificate tells of it.
    gone = disposed(missing)
    found |= {line: each for line, each in signed.items() if each["record"] in gone and line not in found}
    return [found[line] for line in sorted(found)]


def _standing(file: TrainingFile) -> Iterator[dict[str, Any]]:
    rows = records_of(file).select_related("course", "version").order_by("file_line")
    for start in range(0, rows.count(), _AT_ONCE):
        some = list(rows[start : start + _AT_ONCE])
        posted = _posted(file.store_id, [each for each in some if each.posted_at is not None])
        for each in some:
            text = posted.get(each.statement_id) if each.posted_at is not None else each.said.encode()
            if text is not None:
                yield _line(each, text)


def _line(record: TrainingRecord, text: bytes) -> dict[str, Any]:
    course = record.course.code if record.version is None else f"{record.course.code} {record.version.label}"
    return {
        "line": record.file_line,
        "record": record.pk,
        "person": record.person_id,
        "course": course,
        "completed_at": record.completed_at.astimezone(UTC).isoformat(),
        "passed": record.passed,
        "statement_sha256": sha256(text).hexdigest(),
    }


def _posted(store_id: int, records: Sequence[TrainingRecord]) -> dict[Any, bytes]:
    """Return statement id → the statement in the record store as it was signed, canonical."""
    statements = apps.get_model("lrs", "Statement").objects.filter(
        store_id=store_id, statement_id__in=[each.statement_id for each in records]
    )
    return {
        key: as_signed(payload)
        for key, payload in statements.values_list("statement_id", "payload")
        if payload
    }


def as_signed(payload: str) -> bytes:
    """Return a stored statement without what was added to it since it was signed."""
    said: dict[str, Any] = {name: value for name, value in orjson.loads(payload).items() if name not in ADDED}
    extension: Mapping[str, Any] = said.get("context", {}).get("extensions", {}).get(RECORD, {})
    if "signature" in extension:
        said["context"]["extensions"][RECORD] = {
            name: value for name, value in extension.items() if name != "signature"
        }
    return rfc8785.dumps(said)


def _people(record_key: str) -> set[int]:
    return set(records_of(_found(record_key)).values_list("person_id", flat=True))


def _complete(record_key: str, signatures: Sequence[Signature]) -> None:
    file = _found(record_key)
    signature = signatures[-1].position
    records = records_of(file)
    people = _people(record_key)
    for each in signatures:
        if people & people_of(each.signer):
            raise NotAllowed("Nobody signs for their own training.", rule="own")
    records.update(state=TrainingState.SIGNED, signature_id=signature)
    file.state, file.signature_id = FileState.SIGNED, signature
    file.save(update_fields=["state", "signature_id"])
    transaction.on_commit(posting.ask)


TRAINING_FILE = register(
    SignableKind(
        kind=KIND,
        label="training file",
        shown=_shown,
        complete=_complete,
        policy=(Step(meaning=Meaning.APPROVAL.value),),
        view_permission="compliance.view_trainingrecord",
        people=_people,
        address=lambda key: reverse("admin:compliance_trainingfile_change", args=[int(key)]),
    )
)
