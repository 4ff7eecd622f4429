"""Witnesses: others who see the log grow, and sign that it never went back (C2SP tlog-witness).

In: a checkpoint, the witnesses of `COMPLIANCE_LOG_WITNESSES`. Out: co-signatures, kept and published. Only
co-signatures of these, that hold, are kept. A witness that has seen a larger tree than the log's proves that
the log was rolled back: that is kept outside the database (lock), and nothing is signed from then on.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime

import structlog

from compliance.models import LogCheckpoint, LogCosignature
from compliance.proof import checkpoint as checkpoints
from compliance.proof import conf, cosignature, folder, keys, lock, note, publish, stored, tree
from compliance.proof.errors import NoteRefused, WitnessRefused
from compliance.proof.note import Signature, Verifier
from connectors.errors import ConnectorError
from connectors.outbound.http import Caller

logger = structlog.get_logger(__name__)

#: Statuses of an answer that say something (C2SP tlog-witness).
_SPOKEN = frozenset({200, 400, 403, 404, 409, 422})
_WHY = {
    400: "the old size is larger than the new one",
    403: "it does not know the key that signed",
    404: "it does not know the log",
    422: "the proof does not hold",
}
_SIZE = re.compile(r"[0-9]{1,19}\s*\Z", re.ASCII)


def ask(made: LogCheckpoint, witness: Verifier, address: str) -> LogCosignature:
    """Have a witness co-sign a checkpoint; WitnessRefused where it does not."""
    old = _seen(witness)
    with Caller(
        allow_private=conf.private_addresses(), read_seconds=15.0, attempts=2, body_most=100_000
    ) as caller:
        # It may have seen more than we know of, or less: then it says how much, and is asked once more.
        for again in (False, True):
            try:
                answer = caller.send(
                    "POST",
                    f"{address.rstrip('/')}/add-checkpoint",
                    content=body(made, old),
                    headers={"Content-Type": "text/plain; charset=utf-8"},
                    fine=_SPOKEN,
                    safe=True,
                )
            except ConnectorError as error:
                raise WitnessRefused(f"{witness.name}: {error.reason}") from error
            if answer.status_code != 409 or again:
                break
            old = _told(witness, answer.text, made)
    if answer.status_code != 200:
        why = _WHY.get(answer.status_code, f"status {answer.status_code}")
        raise WitnessRefused(f"{witness.name} does not co-sign {made.size:,} leaves: {why}.")
    kept = _keep(made, answer.text.splitlines(), [witness])
    if not kept:
        raise WitnessRefused(f"{witness.name} answers without a co-signature of its own.")
    return kept[0]


def body(made: LogCheckpoint, old: int) -> bytes:
    """Return what a witness is sent: the size it has seen, the proof from there, the checkpoint."""
    path = tree.consistency_path(old, made.size, stored.nodes()) if old else []
    lines = [f"old {old}", *(b64encode(each).decode("ascii") for each in path), "", made.note]
    return "\n".join(lines).encode()


def record(content: str) -> list[LogCosignature]:
    """Keep the co-signatures of known witnesses a note carries, brought by hand or posted.

    The note must be one the log signed itself: NoteRefused otherwise.
    """
    opened, _ = note.opened(content, keys.verifiers())
    said = checkpoints.said(opened.text)
    for each in LogCheckpoint.objects.filter(size=said.size).order_by("-pk"):
        if note.taken_apart(each.note).text == opened.text:
            lines = [signature.line for signature in opened.signatures]
            return _keep(each, lines, [witness for witness, _ in conf.witnesses()])
    raise NoteRefused("The log has signed no such checkpoint that it knows of.")


def _keep(made: LogCheckpoint, lines: list[str], witnesses: list[Verifier]) -> list[LogCosignature]:
    text = note.taken_apart(made.note).text
    kept = []
    for signature in map(note.signature, filter(None, lines)):
        witness = _of(signature, witnesses)
        if witness is None:
            continue
        seconds = cosignature.moment(witness, text, signature)
        row, _ = LogCosignature.objects.get_or_create(
            checkpoint=made,
            witness=witness.name,
            defaults={"line": signature.line, "moment": datetime.fromtimestamp(seconds, UTC)},
        )
        kept.append(row)
    last = publish.latest()
    if kept and last is not None and last.pk == made.pk:
        folder.write_checkpoint(publish.full_note(made))
    return kept


def _of(signature: Signature, witnesses: list[Verifier]) -> Verifier | None:
    for each in witnesses:
        if (each.name, each.key_id) == (signature.name, signature.key_id):
            return each
    return None


def _seen(witness: Verifier) -> int:
    """Return the largest tree a witness has co-signed, as far as we know."""
    found = LogCosignature.objects.filter(witness=witness.name).order_by("-checkpoint__size")
    return found.values_list("checkpoint__size", flat=True).first() or 0


def _told(witness: Verifier, text: str, made: LogCheckpoint) -> int:
    """Return the size a witness says it has seen."""
    if not _SIZE.match(text):
        raise WitnessRefused(f"{witness.name} has seen another size and does not say which.")
    size = int(text)
    if size > made.size:
        if size > stored.head().size:
            lock.witnessed(size)
            logger.error("log_rolled_back", witness=witness.name, seen=size)
        raise WitnessRefused(f"{witness.name} has seen {size:,} leaves, more than the {made.size:,} shown.")
    return size
