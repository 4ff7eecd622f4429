"""A raw record and what its mapping makes of it.

In: a raw record and a compiled mapping. Out: canonical records, or why not. Never raises: one record that
nobody foresaw must not end a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from connectors.adapters import WITHHELD, RawRecord
from connectors.errors import Refused
from connectors.mapping import AsKnown, Mapping
from connectors.workforce.canonical import Ended, Record, Rescinded

logger = structlog.get_logger(__name__)

#: Rule of a record its adapter could not read whole.
BROKEN = "adapter.broken"


@dataclass(frozen=True, slots=True)
class Mapped:
    """One raw record on its way."""

    raw: RawRecord
    records: tuple[Record, ...] = ()
    refused: Refused | None = None
    #: Keys of workers it is about and leaves as they are known, because of what is held.
    left: tuple[str, ...] = ()
    #: Kind, key and digest of records that are remembered (connectors.sync.memory) instead of made.
    names: tuple[tuple[tuple[str, str], UUID], ...] | None = None


def of(raw: RawRecord, mapping: Mapping, held: frozenset[str] = frozenset()) -> Mapped:
    """Return what a mapping makes of a raw record."""
    if raw.broken:
        return Mapped(
            raw, refused=Refused(raw.broken, rule=BROKEN, suggestion="Correct the record in the source.")
        )
    try:
        made = _made(raw, mapping, held)
        left = tuple(each.key for each in made if isinstance(each, AsKnown))
        return Mapped(raw, tuple(each for each in made if not isinstance(each, AsKnown)), left=left)
    except Refused as refused:
        return Mapped(raw, refused=refused)
    except Exception as error:  # noqa: BLE001  whatever it is, it is this record's
        name = type(error).__name__
        logger.warning("sync_record_not_mapped", kind=raw.kind, reason=name)
        return Mapped(
            raw, refused=Refused(f"The mapping failed on this record ({name}).", rule="mapping.failed")
        )


def _made(raw: RawRecord, mapping: Mapping, held: frozenset[str]) -> Sequence[Record | AsKnown]:
    # A key says all there is to say of these, unless the mapping knows more.
    if raw.kind not in mapping.kinds and raw.key:
        if raw.kind == "ended":
            return (Ended(key=raw.key),)
        if raw.kind == "rescinded":
            return (Rescinded(key=raw.key),)
    if withheld := raw.raw.get(WITHHELD):
        held |= mapping.holding(raw.kind, withheld)
    return mapping.take(raw.kind, raw.raw, held=held)
