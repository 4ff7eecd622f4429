"""Checkpoints and who vouches for them, the lock, and the checkpoint as it is published.

In: rows, files, known keys. Out: deviations. What a root should be is compliance.proof.verify.leaves' to say.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from compliance.models import LogCheckpoint
from compliance.proof import checkpoint, conf, cosignature, folder, note, timestamps
from compliance.proof.checkpoint import Checkpoint
from compliance.proof.errors import NoteRefused, StampRefused
from compliance.proof.lock import Published
from compliance.proof.note import Verifier
from compliance.proof.verify.report import Report

#: How often, and after how many seconds each, the published checkpoint is looked at: it follows the database.
_LOOKS, _PAUSE = 4, 0.25


def rows() -> Iterator[LogCheckpoint]:
    """Yield every checkpoint, oldest first."""
    after = 0
    while page := list(LogCheckpoint.objects.filter(pk__gt=after).order_by("pk")[:1_000]):
        yield from page
        after = page[-1].pk


def sizes() -> list[int]:
    """Return the sizes that were signed."""
    return list(LogCheckpoint.objects.order_by("size").values_list("size", flat=True).distinct())


def checkpoints(report: Report, origin: str, roots: dict[int, bytes], known: Sequence[Verifier]) -> None:
    """Check every checkpoint's signature, text and root, and what witnesses and authorities said of it."""
    largest = 0
    wrong = 0
    for each in rows():
        report.checkpoints += 1
        try:
            opened, _ = note.opened(each.note, known)
            said = checkpoint.said(opened.text)
        except NoteRefused as error:
            report.add("checkpoint.unsigned", f"Checkpoint {each.pk} of {each.size:,} leaves: {error}")
            continue
        if said != Checkpoint(origin, each.size, bytes(each.root)):
            report.add("checkpoint.changed", f"Checkpoint {each.pk} says other than its row.")
        if said.size < largest:
            report.add("checkpoint.order", f"Checkpoint {each.pk} is smaller than one before it.")
        largest = max(largest, said.size)
        if said.size > report.size:
            report.add(
                "log.rolled_back",
                f"Checkpoint {each.pk} has {said.size:,} leaves, and the log {report.size:,}: leaves"
                f" {report.size:,} to {said.size - 1:,} are gone.",
                index=report.size,
            )
        elif roots.get(said.size) != said.root:
            wrong += 1
            if wrong == 1:
                report.add(
                    "checkpoint.root",
                    f"At {said.size:,} leaves the tree has another root than checkpoint {each.pk} signed.",
                )
    if wrong > 1:
        report.add("checkpoint.root", f"So it is with {wrong - 1:,} later checkpoints.")
    _cosignatures(report)
    _timestamps(report)


def _cosignatures(report: Report) -> None:
    witnesses = {each.name: each for each, _ in conf.witnesses()}
    signed = LogCheckpoint.objects.filter(cosignatures__witness__in=witnesses).distinct()
    for each in signed.order_by("pk").prefetch_related("cosignatures").iterator(chunk_size=500):
        text = note.taken_apart(each.note).text
        for row in each.cosignatures.all():
            if row.witness in witnesses:
                try:
                    cosignature.moment(witnesses[row.witness], text, note.signature(row.line))
                except NoteRefused as error:
                    report.add("cosignature.wrong", f"Of checkpoint {each.pk}: {error}")


def _timestamps(report: Report) -> None:
    stamped = LogCheckpoint.objects.exclude(timestamp=None).order_by("pk").select_related("timestamp")
    for each in stamped.iterator(chunk_size=500):
        try:
            timestamps.check(bytes(each.timestamp.response), each.note.encode())
        except StampRefused as error:
            report.add("timestamp.wrong", f"The time-stamp of checkpoint {each.pk} does not hold: {error}")


def lock(
    report: Report, published: Published | None, roots: dict[int, bytes], known: Sequence[Verifier]
) -> None:
    """Check the tree against what is kept outside the database."""
    if published is None:
        if LogCheckpoint.objects.exists():
            report.add("lock.gone", f"{conf.lock_file()}, which says what was published last, is gone.")
        return
    largest = max(published.size, published.witnessed)
    if largest > report.size:
        report.add(
            "log.rolled_back",
            f"{largest:,} leaves were published or witnessed, and the log has {report.size:,}: leaves"
            f" {report.size:,} to {largest - 1:,} are gone.",
            index=report.size,
        )
    elif roots.get(published.size) != published.root:
        report.add(
            "log.rewritten", f"At {published.size:,} leaves the tree has another root than was published."
        )
    try:
        opened, _ = note.opened(published.note, known)
        if checkpoint.said(opened.text).root != published.root:
            report.add("lock.changed", "The file of the last checkpoint says other than its signed note.")
    except NoteRefused as error:
        report.add("lock.changed", f"The file of the last checkpoint: {error}")


def published_file(report: Report, known: Sequence[Verifier]) -> None:
    """Check that the checkpoint that is shown is the last one."""
    last = LogCheckpoint.objects.order_by("-pk").first()
    if last is None:
        return
    for look in range(_LOOKS):
        fault = _shown(last, known)
        if not fault:
            return
        if look < _LOOKS - 1:
            time.sleep(_PAUSE)
    report.add("checkpoint.shown", fault)


def _shown(last: LogCheckpoint, known: Sequence[Verifier]) -> str:
    content = folder.content(folder.CHECKPOINT)
    if content is None:
        return "The published checkpoint is gone."
    try:
        opened, _ = note.opened(content.decode(), known)
        said = checkpoint.said(opened.text)
    except (NoteRefused, UnicodeDecodeError) as error:
        return f"The published checkpoint: {error}"
    if said.size < last.size:
        return f"The published checkpoint has {said.size:,} leaves, the last that was signed {last.size:,}."
    return (
        "" if said.size > last.size or said.root == bytes(last.root) else "The published checkpoint differs."
    )
