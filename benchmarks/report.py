"""One table of ratios with bars and aims, for the terminal, as Markdown and as JSON.

In: `Report`. Out: text. A row says how far its ratio spread over the rounds it is made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.footprint import Memory, Relation
from benchmarks.queries import Timing
from benchmarks.roster import Timing as RosterTiming
from benchmarks.status import ASKED as STATUS_DAYS
from benchmarks.status import Timing as StatusTiming
from benchmarks.steady import Waited


@dataclass(frozen=True, kw_only=True)
class Row:
    """A number with what is asked of it."""

    what: str
    #: One value for each round; the row shows their median.
    values: Sequence[float]
    bar: float
    aim: float
    unit: str = ""
    smaller_is_better: bool = False

    @property
    def measured(self) -> float:
        """The median over the rounds."""
        return median(self.values)

    @property
    def verdict(self) -> str:
        """How it stands to bar and aim."""
        for name, wanted in (("aim", self.aim), ("bar", self.bar)):
            if self.measured <= wanted if self.smaller_is_better else self.measured >= wanted:
                return name
        return "MISSED"


@dataclass(kw_only=True)
class Report:
    """Everything a run found."""

    machine: dict[str, str]
    settings: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    #: Name → statements a second, one for each round.
    rates: dict[str, Sequence[float]] = field(default_factory=dict)
    #: Name → processor microseconds a statement that the measuring side itself used, one for each round.
    clients: dict[str, Sequence[float]] = field(default_factory=dict)
    #: Step → microseconds a statement, one for each round.
    pieces: Mapping[str, Sequence[float]] = field(default_factory=dict)
    #: Statements held → timings of each shape.
    queries: dict[int, Sequence[Timing]] = field(default_factory=dict)
    consumers: Mapping[str, float] = field(default_factory=dict)
    roster: RosterTiming | None = None
    steady: Waited | None = None
    status: StatusTiming | None = None
    memory: Mapping[str, Memory] = field(default_factory=dict)
    statements: int = 0
    relations: Sequence[Relation] = ()
    #: What was left out, and why.
    remarks: list[str] = field(default_factory=list)


def markdown(report: Report) -> str:
    """Return the report, ready for docs/performance.md."""
    blocks = [
        _facts(report),
        _ratios(report.rows),
        _rates(report),
        _pieces(report.pieces),
        _queries(report.queries),
        _table(
            ("consumer of the feed", "statements/s"),
            [(name, f"{rate:,.0f}") for name, rate in report.consumers.items()],
        ),
        _roster(report.roster),
        _status(report.status),
        _table(
            ("part", "processes", "resident MB", "shared out MB"),
            [
                (name, str(each.processes), f"{each.rss:,.0f}", f"{each.pss:,.0f}")
                for name, each in report.memory.items()
            ],
        ),
        _disk(report),
        "\n".join(f"- {remark}" for remark in report.remarks),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def terminal(rows: Sequence[Row]) -> str:
    """Return the table of ratios alone."""
    return _ratios(rows)


def save(report: Report, folder: Path, name: str) -> Path:
    """Write `name`.json and `name`.md; return the path of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    content = asdict(report)
    for found, row in zip(content["rows"], report.rows, strict=True):
        found |= {"measured": row.measured, "verdict": row.verdict}
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    path = folder / f"{name}.md"
    path.write_text(markdown(report), encoding="utf-8")
    return path


def _facts(report: Report) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in {**report.machine, **report.settings}.items())


def _ratios(rows: Sequence[Row]) -> str:
    return _table(
        ("what", "measured", "spread", "bar", "aim", "reaches"),
        [
            (
                row.what,
                _number(row.measured) + row.unit,
                f"{_number(min(row.values))} … {_number(max(row.values))}" if len(row.values) > 1 else "",
                ("≤ " if row.smaller_is_better else "≥ ") + _number(row.bar) + row.unit,
                _number(row.aim) + row.unit,
                row.verdict,
            )
            for row in rows
        ],
    )


def _rates(report: Report) -> str:
    return _table(
        ("writing", "statements/s (median)", "rounds", "client µs a statement"),
        [
            (
                name,
                f"{median(rates):,.0f}",
                " ".join(f"{rate:,.0f}" for rate in rates),
                f"{median(report.clients[name]):.0f}" if name in report.clients else "",
            )
            for name, rates in report.rates.items()
        ],
    )


def _pieces(pieces: Mapping[str, Sequence[float]]) -> str:
    return _table(
        ("step of one statement", "µs (median)", "spread"),
        [
            (name, f"{median(took):.1f}", f"{min(took):.1f} … {max(took):.1f}")
            for name, took in pieces.items()
        ],
    )


def _roster(found: RosterTiming | None) -> str:
    if found is None:
        return ""
    rows = [
        (f"first full sync of {found.workers:,} workers", f"{found.first:.1f}"),
        ("the same file again, nothing changed", f"{found.unchanged:.1f}"),
        (f"COPY of the {found.rows:,} rows written", f"{found.copy:.2f}"),
    ]
    memory = (
        f"Memory of the sync's process: {found.memory_before:,.0f} MiB before, {found.memory:,.0f} at most"
    )
    return _table(("roster", "seconds"), rows) + f"\n\n{memory}"


def _status(found: StatusTiming | None) -> str:
    if found is None:
        return ""
    rows = [
        (f"as of {day}, as known now", f"{took:.2f}")
        for day, took in zip(STATUS_DAYS, found.asked, strict=True)
    ]
    rows.append(("the table of now, filled anew", f"{found.rebuilt:.2f}"))
    facts = (
        f"{found.people:,} people, {found.requirements} requirements, {found.completions:,} completions,"
        f" {found.pairs:,} pairs of a person and a requirement that applied"
    )
    return _table(("status of everybody", "seconds"), rows) + f"\n\n{facts}"


def _queries(queries: Mapping[int, Sequence[Timing]]) -> str:
    sizes = sorted(queries)
    if not sizes:
        return ""
    head = ["query (ms)"]
    for size in sizes:
        head += [f"p50 at {size:,}", f"p95 at {size:,}", "answered"]
    rows = []
    for timings in zip(*(queries[size] for size in sizes), strict=True):
        row = [timings[0].shape]
        for timing in timings:
            row += [
                f"{timing.percentile(50):.1f}",
                f"{timing.percentile(95):.1f}",
                f"{timing.answered:.1f}",
            ]
        if len(timings) > 1:
            row.append(f"{timings[-1].percentile(95) / timings[0].percentile(95):.2f}")
        rows.append(row)
    if len(sizes) > 1:
        head.append("p95 ratio")
    return _table(head, rows)


def _disk(report: Report) -> str:
    if not report.statements:
        return ""
    whole = sum(each.size for each in report.relations)
    rows = [
        (
            each.name,
            "index" if each.index else "table",
            f"{each.size / 2**20:,.1f}",
            f"{each.size / report.statements:,.1f}",
        )
        for each in report.relations
        if each.size >= report.statements
    ]
    rows.append(("all", "", f"{whole / 2**20:,.1f}", f"{whole / report.statements:,.1f}"))
    return _table(("on disk", "", "MiB", f"bytes a statement ({report.statements:,})"), rows)


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns, which reads well on a terminal too."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = "|".join("-" * (width + 1) + ("-" if number == 0 else ":") for number, width in enumerate(widths))
    return "\n".join([line(head), f"|{rule}|", *(line(row) for row in rows)])
