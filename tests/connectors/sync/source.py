"""A source that is a file: what the sync engine's tests read from, also in processes of their own.

`rows` are the raw records. `announced` is the total it claims; `breaks` = [pages, error] fails it behind so
many pages, as often as `times` says.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from django.db import connection

from connectors import errors
from connectors.adapters import Adapter, Finding, Page, RawRecord, Reading, adapters
from connectors.mapping import lifecycle
from connectors.models import RunMode, SyncRun, System
from connectors.sync import run as runs
from tests.connectors.mapping.documents import document, row
from tests.connectors.people import hris

KEY = "testing"
#: What happens between two pages, by the path of the source; for tests in this process.
MEANWHILE: dict[str, Any] = {}
#: From which row each reading of a path went on.
BEGUN: dict[str, list[int]] = {}


class Roster:
    """The file behind a system."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{uuid4().hex}.json"
        self.say()

    def say(self, rows: Sequence[Mapping[str, Any]] = (), **other: Any) -> None:
        """Have the source hold `rows`, and behave as told."""
        self.path.write_text(json.dumps({"rows": list(rows), **other}), encoding="utf-8")

    def meanwhile(self, call: Any) -> None:
        """Have `call(pages given so far)` happen before each page."""
        MEANWHILE[str(self.path)] = call

    @property
    def begun(self) -> list[int]:
        """From which row each reading went on."""
        return BEGUN.get(str(self.path), [])

    def system(self, **fields: Any) -> System:
        """Return a live system that reads this file, with a mapping in use."""
        settings = {"path": str(self.path), **fields.pop("settings", {})}
        standing = {"state": "live", "adapter": KEY, "name": "PeopleSoft"}
        system = hris(**(standing | fields), settings=settings)
        lifecycle.adopt(system)
        return system


def staff(count: int, **changed: Any) -> list[dict[str, Any]]:
    """Return rows of so many nurses; `changed` replaces cells of all."""
    return [
        row(
            Employee_ID=f"{number:07}",
            First_Name=f"Nurse {number}",
            Work_Email=f"nurse.{number}@example.com",
            User_Name=f"n{number}",
            **changed,
        )
        for number in range(1, count + 1)
    ]


def synced(system: System, mode: str = RunMode.FULL, **given: Any) -> SyncRun:
    """Start a run and see it through here, over every attempt it takes."""
    return runs.carry_on(runs.start(system, mode, wake=False, **given).pk)


def _read(reading: Reading) -> Iterator[Page]:
    path = reading.settings["path"]
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    size = reading.settings.get("page", 10)
    records = said["rows"] if reading.full else said.get("changed", [])
    start = reading.checkpoint.get("row", 0)
    BEGUN.setdefault(path, []).append(start)
    breaks, error = said.get("breaks", [None, ""])
    for number, at in enumerate(range(start, max(len(records), 1), size)):
        # Nobody waits for a source with a transaction open.
        assert not connection.in_atomic_block
        if number == breaks:
            raise _error(error)
        if call := MEANWHILE.get(path):
            call(number)
        time.sleep(reading.settings.get("pause", 0))
        page = tuple(map(_record, records[at : at + size]))
        yield Page(page, {"row": at + size}, said.get("announced"))
    if breaks is not None and breaks < 0:
        raise _error(error)


def _error(name: str) -> Exception:
    if name == "Throttled":
        return errors.Throttled("Slow down.", retry_after=900)
    found = getattr(errors, name, None)
    return found("It does not answer.") if found is not None else ZeroDivisionError(name)


def _record(values: Mapping[str, Any]) -> RawRecord:
    rest = dict(values)
    kind, key, broken = rest.pop("kind", "worker"), rest.pop("key", None), rest.pop("broken", "")
    return RawRecord(kind, rest.get("Employee_ID", "") if key is None else key, rest, broken)


def _mapping() -> dict[str, Any]:
    """Return the mapping of the rows, and of units of their own."""
    found = document()
    fields = {"key": {"from": "Unit"}, "name": {"from": "Name"}, "parent": {"from": "Parent"}}
    fields["valid_from"] = {"from": "Since"}
    found["records"]["unit"] = {"emit": [{"record": "unit", "fields": fields}]}
    return found


ADAPTER = Adapter(
    key=KEY,
    title="A file of the tests",
    settings_schema={"type": "object"},
    secrets={},
    least_privilege="None.",
    read=_read,
    test=lambda _: [Finding("reads", ok=True)],
    default_mapping=_mapping(),
    reads_changes=True,
)
cast("dict[str, Adapter]", adapters())[KEY] = ADAPTER
