"""A folder of deliveries as the tests see it, and what the engine would do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from connectors.adapters import Adapter, RawRecord, Reading, files
from simulators import sftp

MORNING = datetime(2026, 1, 20, 3, 0, tzinfo=UTC)
DAY = date(2026, 1, 19)


def worker(number: str, **more: str) -> dict[str, str]:
    """Return a row of the suggested header."""
    return {
        "worker_id": number,
        "status": "Active",
        "hire_date": "2020-08-29",
        "first_name": "Ann",
        "last_name": "Lee",
        "email": f"{number}@meridian.example",
        "org_code": "ICU",
        "org_path": "MERIDIAN/OPS/ICU",
        "job_code": "RN2",
        "job_title": "Nurse",
        "location": "OSLO",
        **more,
    }


@dataclass
class Incoming:
    """A delivery folder, read run after run as the engine does: the watermark of one is given to the next."""

    folder: Path
    adapter: Adapter = files.ADAPTER
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    watermark: Mapping[str, Any] = field(default_factory=dict)

    def reading(self, *, full: bool = True, checkpoint: Mapping[str, Any] | None = None) -> Reading:
        settings = self.settings or {"from": "folder", "folder": str(self.folder)}
        if "from" not in settings:
            settings = {"from": "folder", "folder": str(self.folder), **settings}
        return Reading(settings, self.secrets, MORNING, full, self.watermark, checkpoint or {})

    def run(self, *, full: bool = True) -> list[RawRecord]:
        """Read to the end, put the files away, keep the watermark; return the records."""
        reading = self.reading(full=full)
        found: list[RawRecord] = []
        last: Mapping[str, Any] = {}
        for page in self.adapter.read(reading):
            found.extend(page.records)
            last = page.checkpoint
        assert self.adapter.finish is not None
        self.adapter.finish(reading, last, True)
        self.watermark = self.adapter.watermark(reading, last)
        return found

    def fail(self, *, full: bool = True) -> None:
        """Tell the adapter that the run failed for good."""
        assert self.adapter.finish is not None
        self.adapter.finish(self.reading(full=full), {}, False)

    def deliver(self, rows: Sequence[Mapping[str, Any]], sequence: int, **more: Any) -> Path:
        return sftp.deliver(self.folder, rows, day=DAY, sequence=sequence, **more)

    def announce(self, name: str, content: bytes, rows: int, sequence: int | None = 1, **more: Any) -> Path:
        return sftp.announce(self.folder, name, content, rows=rows, day=DAY, sequence=sequence, **more)

    def names(self, folder: str = "") -> set[str]:
        where = self.folder / folder
        return {each.name for each in where.iterdir() if each.is_file()} if where.is_dir() else set()
