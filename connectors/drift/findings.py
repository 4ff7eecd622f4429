"""Drift findings: kept once while open, settled when the source or the mapping is right again, or accepted.

In: differences (connectors.drift.compare). Out: DriftFinding rows and notes in the connection's history.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from connectors.drift import baseline
from connectors.drift.compare import Difference
from connectors.drift.shape import Shape, named
from connectors.errors import ConnectorError
from connectors.mapping import Mapping
from connectors.models import (
    ChangeNote,
    DriftFinding,
    DriftKind,
    DriftState,
    FieldMapping,
    SourceShape,
    SyncRun,
    System,
)

By = AbstractBaseUser | None
_PATH_MOST = 300


class Settled(ConnectorError):
    """Somebody settled the finding before."""


def unsaved(system: System, run: SyncRun | None, found: Difference) -> DriftFinding:
    """Return a finding that is not kept yet."""
    return DriftFinding(system=system, run=run, kind=found.kind, path=_path(found), **_said(found))


def keep(system: System, run: SyncRun | None, found: Sequence[Difference]) -> list[DriftFinding]:
    """Keep differences as open findings; one that is open already is brought up to date. What is merely new
    is told once."""
    kept = []
    for each in found:
        if each.kind == DriftKind.APPEARED and _told_before(system, each):
            continue
        if each.kind in _ONE_OF:
            # What was taken for vanished may turn out to be renamed, and the other way round.
            others = DriftFinding.objects.filter(
                system=system, path=_path(each), state=DriftState.OPEN, kind__in=_ONE_OF - {each.kind}
            )
            others.update(kind=each.kind)
        finding, _ = DriftFinding.objects.update_or_create(
            system=system,
            kind=each.kind,
            path=_path(each),
            state=DriftState.OPEN,
            defaults={"run": run, **_said(each)},
        )
        kept.append(finding)
    return kept


_ONE_OF = {DriftKind.VANISHED.value, DriftKind.RENAMED.value}


def drifting(system: System) -> frozenset[tuple[str, str]]:
    """Return the (kind, path) of fields with an open finding other than that they are new."""
    open_ = DriftFinding.objects.filter(system=system, state=DriftState.OPEN).exclude(kind=DriftKind.APPEARED)
    return frozenset((each.detail.get("record", ""), each.detail.get("path", "")) for each in open_)


def settle(
    system: System, found: Sequence[Difference], now: AnyMapping[str, Shape], mapping: Mapping
) -> None:
    """Close findings that are no longer so: the source is as it was, or another field is read."""
    still = {(each.kind, _path(each)) for each in found}
    for finding in DriftFinding.objects.filter(system=system, state=DriftState.OPEN):
        if (finding.kind, finding.path) in still or finding.kind == DriftKind.APPEARED:
            continue
        kind, path = finding.detail.get("record", ""), finding.detail.get("path", "")
        if kind not in now:
            continue
        read = path in mapping.reads.get(kind, {})
        finding.detail["settled by"] = "the source is as it was" if read or not path else "the mapping"
        _close(finding, DriftState.REPAIRED, None)


def accept(finding: DriftFinding, *, by: By = None) -> None:
    """Take what was found for what is usual from now on; nothing is held for it any more."""
    with transaction.atomic():
        finding = _open(finding)
        kind, path = finding.detail.get("record", ""), finding.detail.get("path", "")
        shape = SourceShape.objects.filter(system=finding.system).first()
        now = shape.kinds.get(kind) if shape is not None else None
        if finding.kind == DriftKind.VOLUME:
            if now is not None:
                baseline.take_volume(finding.system, kind, now["records"])
        else:
            for each in filter(None, (path, finding.proposal)):
                baseline.take(finding.system, kind, each, now["fields"].get(each) if now else None)
        _close(finding, DriftState.ACCEPTED, by)
        _note(finding, by, f"Accepted: {finding}.")


def mark_repaired(findings: Sequence[DriftFinding], version: FieldMapping, *, by: By = None) -> None:
    """Note in findings which draft repairs them; they close when a run with it finds nothing any more."""
    for finding in findings:
        finding.detail["repaired in version"] = version.version
        finding.save(update_fields=["detail"])
        _note(finding, by, f"Repaired in mapping version {version.version}: {finding}.")


def _open(finding: DriftFinding) -> DriftFinding:
    now = DriftFinding.objects.select_for_update(of=("self",)).select_related("system").get(pk=finding.pk)
    if now.state != DriftState.OPEN:
        raise Settled(f"“{now}” was {now.get_state_display().lower()} before.")
    return now


def _close(finding: DriftFinding, state: DriftState, by: By) -> None:
    finding.state, finding.settled = state, timezone.now()
    finding.settled_by_id = by.pk if by is not None else None
    finding.save(update_fields=["state", "settled", "settled_by", "detail"])


def _told_before(system: System, found: Difference) -> bool:
    return DriftFinding.objects.filter(system=system, kind=found.kind, path=_path(found)).exists()


def _path(found: Difference) -> str:
    return named(found.record, found.path)[:_PATH_MOST]


def _said(found: Difference) -> dict[str, Any]:
    return {
        "targets": sorted(found.targets),
        "proposal": found.proposal[:_PATH_MOST],
        "confidence": found.confidence,
        "detail": {
            **found.detail,
            "record": found.record,
            "path": found.path,
            "held": sorted(found.holds),
            "stops": found.stops,
        },
    }


def _note(finding: DriftFinding, by: By, text: str) -> None:
    ChangeNote.objects.create(
        system=finding.system,
        by_id=by.pk if by is not None else None,
        kind="drift",
        text=text,
        detail={"finding": finding.pk, "targets": finding.targets},
    )
