"""People kept by hand: contractors and partners no HR system knows, told over `/api/v1/people` or in the
administration.

One system of this kind for each store, made with the first of them. Nothing is read: what is told becomes a
canonical record at once (connectors.workforce.by_hand), so that these people stand in the same record,
with the same history, as everybody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.adapters import Adapter, Finding, Page, Reading
from connectors.workforce import by_hand

KEY = by_hand.ADAPTER

#: What is told is canonical already; these are the members somebody may look at in the administration.
_MAPPING: Mapping[str, Any] = {
    "format": 1,
    "note": "People kept by hand are told in canonical terms.",
    "records": {
        "worker": {
            "emit": [
                {
                    "record": "worker",
                    "fields": {
                        "key": {"from": "key", "required": True},
                        "names": [{"fields": {"formatted": {"from": "name.formatted"}}}],
                    },
                }
            ]
        }
    },
}


def _read(_: Reading) -> Iterator[Page]:
    return iter(())


def _test(_: Reading) -> list[Finding]:
    return [Finding("Kept by hand", ok=True, detail="There is nothing to connect to.")]


ADAPTER = Adapter(
    key=KEY,
    title="People kept by hand",
    settings_schema={"type": "object", "properties": {}, "additionalProperties": False},
    secrets={},
    least_privilege=(
        "None: who holds a key or token with the scope `workforce/write`, or may add people in the "
        "administration, keeps these people."
    ),
    read=_read,
    test=_test,
    default_mapping=_MAPPING,
    absence_means_left=False,
    live=True,
)
