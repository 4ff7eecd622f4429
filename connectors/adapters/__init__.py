"""Adapters: one folder for each kind of system, found by being there.

A folder `connectors/adapters/<name>/` with `ADAPTER = Adapter(...)` in its `__init__` is an adapter; adding
one edits nothing else (docs/integrator/adapter.md). It reads raw records page by page; what they mean is the
mapping's business (connectors.mapping), what follows from them the engine's (connectors.sync).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

#: A raw record as the source has it, in JSON values.
Raw = Mapping[str, Any]
#: Member of a raw record with a list of paths the source keeps from us, for want of a right: they are not
#: empty but unknown, and what a mapping reads there is left as it is known.
WITHHELD = "@withheld"


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record of a source."""

    #: worker, unit, job, location; or ended, rescinded.
    kind: str
    #: Key of the record in its system; empty where the adapter cannot tell.
    key: str
    raw: Raw
    #: Why the adapter could not read it whole; such a record goes to the exceptions.
    broken: str = ""
    #: Whether `raw` is all of it nevertheless, so that it tells what the source looks like.
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, and where to go on after they are applied."""

    records: tuple[RawRecord, ...]
    #: JSON values from which `read` resumes behind this page. Kept in the transaction that applies it.
    checkpoint: Mapping[str, Any]
    #: Expected number of records in the whole run, where the source tells.
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run asks of an adapter."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    #: The moment the source is to be read as of; the same on every page and after every resumption.
    as_of: datetime
    #: Whether everything is to be read, or what changed since the watermark.
    full: bool
    #: What the last complete run left; empty before the first.
    watermark: Mapping[str, Any] = field(default_factory=dict)
    #: Where the run goes on; empty at its beginning.
    checkpoint: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a connection test."""

    what: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """What the engine, the admin and the documentation know of a kind of system."""

    key: str
    title: str
    #: JSON Schema of `System.settings`; titles and descriptions are shown in the set-up.
    settings_schema: Mapping[str, Any]
    #: Secrets it needs: name → what it is, for the set-up.
    secrets: Mapping[str, str]
    #: The least rights its account needs in the system; Markdown.
    least_privilege: str
    #: Yields pages; raises CannotConnect and its kind, SourceChanged, Incomplete.
    read: Callable[[Reading], Iterator[Page]]
    #: Tries the connection without changing anything.
    test: Callable[[Reading], list[Finding]]
    #: The mapping document a new connection starts with.
    default_mapping: Mapping[str, Any]
    #: Watermark of a complete run, from its Reading and last checkpoint.
    watermark: Callable[[Reading, Mapping[str, Any]], Mapping[str, Any]] = lambda reading, _: {
        "as_of": reading.as_of.isoformat()
    }
    #: Whether absence from a full run means that a worker left.
    absence_means_left: bool = True
    #: Whether `Reading.full = False` reads less than everything.
    reads_changes: bool = False
    #: Whether the system pushes to the hub instead of being read.
    live: bool = False
    #: Called after a run succeeded or failed, e.g. to archive files.
    finish: Callable[[Reading, Mapping[str, Any], bool], None] | None = None


@cache
def adapters() -> Mapping[str, Adapter]:
    """Every adapter by its key."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            adapter: Adapter = importlib.import_module(f"{__name__}.{module.name}").ADAPTER
            found[adapter.key] = adapter
    return found
