"""What a check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

#: Deviations listed at most; all of them are counted.
LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not as it was logged."""

    #: What kind of thing: record.changed, leaf.gone, checkpoint.root, …
    rule: str
    #: What is wrong, in a sentence.
    text: str
    #: Its leaf, counted from 0.
    index: int | None = None
    #: The source of the record and its key there; of a statement its seq.
    source: str = ""
    key: int | None = None
    #: What names the record: a statement's id, a table and its row.
    name: str = ""
    store_id: int | None = None

    def told(self) -> dict[str, Any]:
        """Return it as JSON; keys as text, since they are too large for JSON's numbers."""
        found = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        return found | ({"key": str(self.key)} if self.key is not None else {})

    def __str__(self) -> str:
        where = [
            f"leaf {self.index}" if self.index is not None else "",
            f"{self.source} {self.name}".strip(),
            f"key {self.key}" if self.key is not None else "",
        ]
        located = ", ".join(each for each in where if each)
        return f"{self.rule}: {self.text}" + (f" [{located}]" if located else "")


@dataclass(slots=True)
class Report:
    """Everything a check found."""

    #: Leaves of the tree.
    size: int = 0
    #: Records compared with their leaves.
    records: int = 0
    #: Records that have no leaf yet, as the sequencer has not come to them.
    waiting: int = 0
    #: Leaves whose salts were forgotten under a disposal.
    erased: int = 0
    checkpoints: int = 0
    #: How many deviations there are, and the first of them.
    count: int = 0
    deviations: list[Deviation] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing deviates."""
        return not self.count

    def add(self, rule: str, text: str, **where: Any) -> None:
        """Note a deviation."""
        self.count += 1
        if len(self.deviations) < LISTED:
            self.deviations.append(Deviation(rule, text, **where))
