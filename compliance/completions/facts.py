"""What rules look at in a statement, and nothing else of it.

In: a statement as values. Out: the activity it reports about, and `said`, a small JSON object:

    type, success, completion, scaled, raw, min, max        of object and result, where they are stated
    category, parent, grouping                              IRIs of context activities
    platform                                                context.platform
    move_on                                                 cmi5's moveOn, as a launched statement carries it
    kind                                                    of a training record (compliance.training)

Sources: xAPI 1.0.3 Data 2.4.5 (result) and 2.4.6 (context); cmi5 9.6.3.6 (moveOn).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5
from math import isfinite
from typing import Any
from uuid import UUID

MOVE_ON = "https://w3id.org/xapi/cmi5/context/extensions/moveon"
#: Under this IRI a training record's own fields stand in `context.extensions`.
RECORD = "https://w3id.org/lrshub/training-record"
#: An activity of such a type is one try at its parent, under an IRI of its own: Moodle's quizzes and lessons.
#: Its parents stand from the nearest to the course.
ATTEMPTS = frozenset(
    {
        "http://adlnet.gov/expapi/activities/attempt",
        "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/lesson-session",
    }
)

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement of one person about an activity of one course."""

    seq: int
    source_id: int
    moment: datetime
    verb: str
    activity: UUID
    registration: UUID | None = None
    said: Said = field(default_factory=dict)
    #: The course's version the activity is, where the catalogue says so.
    version_id: int | None = None


def digest(iri: str) -> UUID:
    """Return what CourseActivity.digest is for an IRI."""
    return UUID(bytes=md5(iri.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest())


def about(statement: Mapping[str, Any]) -> str | None:
    """Return the IRI of the activity a statement reports about; None where it is about something else."""
    found = statement.get("object") or {}
    if found.get("objectType", "Activity") != "Activity":
        return None
    if (found.get("definition") or {}).get("type") in ATTEMPTS:
        parents = _activities(statement.get("context") or {}, "parent")
        if parents:
            return parents[0]
    iri: str = found["id"]
    return iri


def said_in(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Return what rules look at."""
    result, context = statement.get("result") or {}, statement.get("context") or {}
    said: dict[str, Any] = {}
    if kind := ((statement.get("object") or {}).get("definition") or {}).get("type"):
        said["type"] = kind
    for name in ("success", "completion"):
        if isinstance(result.get(name), bool):
            said[name] = result[name]
    for name in ("scaled", "raw", "min", "max"):
        number = (result.get("score") or {}).get(name)
        if isinstance(number, int | float) and isfinite(number):
            said[name] = number
    for name in ("category", "parent", "grouping"):
        if activities := _activities(context, name):
            said[name] = activities
    if platform := context.get("platform"):
        said["platform"] = platform
    extensions = context.get("extensions") or {}
    if isinstance(move_on := extensions.get(MOVE_ON), str):
        said["move_on"] = move_on
    if isinstance(record := extensions.get(RECORD), dict) and isinstance(record.get("kind"), str):
        said["kind"] = record["kind"]
    return said


def scaled(said: Said) -> float | None:
    """Return the scaled score, worked out from raw, min and max where it is not stated."""
    if "scaled" in said:
        return float(said["scaled"])
    if all(name in said for name in ("raw", "min", "max")) and said["max"] > said["min"]:
        return float((said["raw"] - said["min"]) / (said["max"] - said["min"]))
    return None


def _activities(context: Mapping[str, Any], name: str) -> list[str]:
    found = (context.get("contextActivities") or {}).get(name) or []
    return [each["id"] for each in (found if isinstance(found, list) else [found])]
