"""A training record as a record that is signed: the signature freezes it and makes it a statement.

In: a record in whatever state. Out: what a signer sees, which is the statement as it will be posted; of a
record that is posted, the statement as it stands in the record store. So a signature also vouches that the
record store holds what was signed. Neither the author nor the learner signs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.apps import apps
from django.urls import reverse

from compliance.access.workforce import people_of
from compliance.completions.facts import RECORD
from compliance.errors import ComplianceError
from compliance.models import Meaning, Signature, TrainingRecord, TrainingState
from compliance.signing import NotAllowed, Shown, SignableKind, Step, register
from compliance.signing.standing import key_of, row_of, version_of
from compliance.training import records
from compliance.training.disposed import disposed
from compliance.training.statement import ADDED

KIND = "training-record"


def _found(record_key: str) -> TrainingRecord:
    found = row_of(TrainingRecord.objects.select_related("course", "version"), record_key)
    if found.state == TrainingState.WITHDRAWN and found.posted_at is None:
        raise LookupError(record_key)
    return found


def _shown(record_key: str) -> Shown:
    record = _found(record_key)
    said = records.content(record) if record.posted_at is None else _posted(record)
    # The number of the signature comes with the signature.
    said.get("context", {}).get("extensions", {}).get(RECORD, {}).pop("signature", None)
    return Shown(
        kind=KIND,
        record_key=record_key,
        version=version_of(said, record.signature_id),
        title=f"Training record {record.pk}",
        author_id=record.created_by_id,
        content=said,
    )


def _posted(record: TrainingRecord) -> dict[str, Any]:
    """Return the statement in the record store, without what was added there."""
    statements = apps.get_model("lrs", "Statement").objects
    payload = (
        statements.filter(store_id=record.store_id, statement_id=record.statement_id)
        .values_list("payload", flat=True)
        .first()
    )
    if not payload:
        raise LookupError(record.statement_id)
    said: dict[str, Any] = orjson.loads(payload)
    return {name: value for name, value in said.items() if name not in ADDED}


def _people(record_key: str) -> list[int]:
    return [_found(record_key).person_id]


def _complete(record_key: str, signatures: Sequence[Signature]) -> None:
    record = _found(record_key)
    for each in signatures:
        if record.person_id in people_of(each.signer):
            raise NotAllowed("Nobody signs for their own training.", rule="own")
    try:
        records.post(record, signature_id=signatures[-1].position)
    except ComplianceError as error:
        raise NotAllowed(error.reason, rule="record") from error


TRAINING_RECORD = register(
    SignableKind(
        kind=KIND,
        label="training record",
        shown=_shown,
        complete=_complete,
        policy=(Step(meaning=Meaning.APPROVAL.value),),
        view_permission="compliance.view_trainingrecord",
        people=_people,
        address=lambda key: reverse("admin:compliance_trainingrecord_change", args=[int(key)]),
        disposed=lambda key: bool(disposed([key_of(key)])),
    )
)
