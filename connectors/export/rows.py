"""What stands in an export: statements, each with the contexts known now.

In: a store and places in the log (connectors.enrichment.log). Out: rows, some at a time, so that an export of
any length needs the memory of one part. Never another store's; never a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.enrichment import show
from connectors.enrichment.log import Position
from connectors.enrichment.show import Shown
from lrs.query.by_key import KeyedStatement, read_by_keys

#: Statements read at a time.
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One statement of an export."""

    position: Position
    statement: KeyedStatement
    shown: Shown


def rows(store_id: int, positions: Sequence[Position]) -> Iterator[list[Row]]:
    """Yield the statements at these positions, some at a time; what was disposed of meanwhile is left out."""
    for start in range(0, len(positions), AT_A_TIME):
        part = positions[start : start + AT_A_TIME]
        seqs = {each.seq for each in part}
        statements = read_by_keys(store_id, seqs)
        shown = show.derived(seqs)
        yield [
            Row(each, statements[each.seq], shown[each.seq])
            for each in part
            if each.seq in statements and each.seq in shown
        ]
