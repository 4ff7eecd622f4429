"""What all steps of the inspection share.

In: a store, a population, where the hub answers. Out: lines that are said, and what was found not to hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from simulators.inspection.browsing import Visitor
from simulators.population import Population

Say = Callable[[str], object]


@dataclass(slots=True)
class Stage:
    """One inspection under way."""

    store: str
    people: Population
    #: For files of its own: deliveries, bundles, pictures.
    folder: Path
    origin: str
    say: Say
    #: Waits until the hub has derived all there is to derive, of this store too.
    settle: Callable[[], None]
    #: Opens a window nobody is signed in to.
    visit: Callable[[], Visitor]
    pictures: Path | None = None
    #: Style of an LMS → key and secret of its credential.
    credentials: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: What did not hold.
    failures: list[str] = field(default_factory=list)
    mark: str = field(default_factory=lambda: uuid4().hex[:6])

    @property
    def today(self) -> date:
        """The day it is."""
        return min(datetime.now(UTC).date(), self.people.until)

    @property
    def store_id(self) -> int:
        """The record store's id."""
        from django.apps import apps

        return int(apps.get_model("lrs", "Store").objects.get(name=self.store).pk)

    def check(self, holds: bool, text: str) -> None:
        """Say that something holds, or that it does not."""
        self.say(f"  {'holds' if holds else 'DOES NOT HOLD'}: {text}")
        if not holds:
            self.failures.append(text)

    def picture(self, visitor: Visitor, name: str) -> None:
        """Keep what a page looks like, where pictures were asked for."""
        if self.pictures is not None:
            visitor.picture(self.pictures / f"{name}.png")

    def table(self, head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
        """Say rows in columns."""
        texts = [[str(each) for each in row] for row in (head, *rows)]
        widths = [max(len(row[at]) for row in texts) for at in range(len(head))]
        for row in texts:
            cells = (each.ljust(width) for each, width in zip(row, widths, strict=True))
            self.say(f"    {'  '.join(cells)}".rstrip())


def command(name: str, *words: str) -> dict[str, Any]:
    """Run a command of the hub; return what it printed last."""
    from django.core.management import call_command

    out = StringIO()
    call_command(name, *words, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue().strip().splitlines()[-1])
    return found
