"""What is usual for a source: learned from every complete run, except where something drifts.

In: the shape of a run. Out: the baseline the next is compared with. A field with an open finding stays in the
baseline as it was, so that the finding does not become what is usual by waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils import timezone

from connectors.drift.shape import VALUES_MOST, Shape
from connectors.models import SourceBaseline, System

#: Bytes of a sample record at most.
_SAMPLE_MOST = 64 * 1024


def baseline_of(system: System) -> dict[str, Shape]:
    """Return the usual shape of each kind of record; nothing before the first complete run."""
    found = SourceBaseline.objects.filter(system=system).values_list("kinds", flat=True).first()
    return found or {}


def learn(
    system: System,
    now: Mapping[str, Shape],
    samples: Mapping[str, list[Any]],
    *,
    drifting: frozenset[tuple[str, str]],
) -> None:
    """Make the shape of a complete run what is usual, but for fields in `drifting` (kind, path). The whole
    volume of a kind is the path ""."""
    baseline, _ = SourceBaseline.objects.select_for_update().get_or_create(system=system)
    for kind, shape in now.items():
        before = baseline.kinds.get(kind, {"records": shape["records"], "fields": {}})
        baseline.kinds[kind] = _learned(kind, before, shape, drifting)
    baseline.samples = {
        kind: [raw for raw in raws if len(orjson.dumps(raw, default=str)) <= _SAMPLE_MOST]
        for kind, raws in samples.items()
    }
    baseline.at = timezone.now()
    baseline.save()


def take(system: System, kind: str, path: str, shape: Shape | None) -> None:
    """Make one field's shape what is usual; with None, that it is not there."""
    baseline, _ = SourceBaseline.objects.select_for_update().get_or_create(system=system)
    usual = baseline.kinds.setdefault(kind, {"records": 0, "fields": {}})
    if shape is None:
        usual["fields"].pop(path, None)
    else:
        usual["fields"][path] = shape
    baseline.save()


def take_volume(system: System, kind: str, records: int) -> None:
    """Make a number of records what is usual."""
    baseline, _ = SourceBaseline.objects.select_for_update().get_or_create(system=system)
    baseline.kinds.setdefault(kind, {"records": 0, "fields": {}})["records"] = records
    baseline.save()


def _learned(kind: str, before: Shape, now: Shape, drifting: frozenset[tuple[str, str]]) -> Shape:
    fields = dict(before["fields"])
    for path, shape in now["fields"].items():
        if (kind, path) not in drifting:
            fields[path] = _with_values(fields.get(path), shape)
    records = before["records"] if (kind, "") in drifting else now["records"]
    return {"records": records, "fields": fields}


def _with_values(before: Shape | None, now: Shape) -> Shape:
    """Return the new shape with the values known before: what is missing for a day is not new after it."""
    known = (before or {}).get("values", {})
    if "values" not in now or not known:
        return now
    values = dict.fromkeys(known, 0) | now["values"]
    return {**now, "values": values} if len(values) <= VALUES_MOST else now
