"""The facts under which a report was made; they stand on every page and in every file.

In: what was asked and by whom. Out: names and values. Times are with their offset (FDA expects the zone to be
told); the checkpoint is that of the proof log when the report was made.
"""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.utils import timezone

from compliance.models import Course, Requirement
from compliance.proof import publish
from compliance.reports.asked import Asked
from connectors.api import names


def facts(asked: Asked, *, by: str) -> dict[str, Any]:
    """Return who made a report, when, of what, with what."""
    made = publish.latest()
    return {
        "Made for": by,
        "Made at": f"{timezone.now().isoformat(sep=' ', timespec='seconds')} (UTC)",
        "As of": _moment(asked.at),
        "As known on": _moment(asked.known),
        "Filters": ", ".join(
            f"{name.removesuffix('_id')}: {value}{_called(asked, name, value)}"
            for name, value in asked.told().items()
            if value is not None and name not in {"at", "known", "restricted"}
        ),
        "Restricted data": _restricted(asked),
        "Hub version": _version(),
        "Checkpoint": "none yet" if made is None else f"{made.size} leaves, root {bytes(made.root).hex()}",
    }


def _restricted(asked: Asked) -> str:
    """Return what became of people whose data is restricted (GDPR 18)."""
    if asked.restricted:
        return f"included, because: {asked.restricted}"
    number = asked.left_out()
    return "nobody left out" if not number else f"left out: {number} {'person' if number == 1 else 'people'}"


def _called(asked: Asked, name: str, value: Any) -> str:
    """Return what a number stands for, in brackets; nothing where that has no name."""
    found: str | None = None
    if name == "person_id":
        found = names.people([value], asked.at, asked.known).get(value)
    elif name == "unit_id":
        unit = names.things("unit", [value], asked.at, asked.known).get(value, {})
        found = unit.get("name") or unit.get("key")
    elif name == "course_id":
        found = Course.objects.filter(pk=value).values_list("code", flat=True).first()
    elif name == "requirement_id":
        found = Requirement.objects.filter(pk=value).values_list("code", flat=True).first()
    return f" ({found})" if found else ""


def _moment(value: datetime) -> str:
    return value.isoformat(sep=" ", timespec="seconds")


def _version() -> str:
    try:
        return version("lrs-hub")
    except PackageNotFoundError:
        return "from source"
