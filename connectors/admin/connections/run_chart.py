"""What the last runs of a connection did, as a chart and as numbers.

In: a connection. Out: a stacked column for each of its last runs that changed something or could have; dry
runs are left out. Never more than the last thirty.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from connectors.models import RunMode, SyncRun, System
from lrs.admin import chart

RUNS = 30
#: Counts of a run in the order they are drawn; what is quiet last, on top and grey.
COUNTS = (
    ("Created", "created_count"),
    ("Changed", "changed_count"),
    ("Ended", "ended_count"),
    ("Refused", "refused_count"),
    ("Unchanged", "unchanged_count"),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its legend."""

    svg: SafeString
    legend: list[chart.Series]
    runs: int


def drawn(system: System) -> Drawn | None:
    """Return the chart of a connection's last runs; nothing before the first."""
    runs = list(
        SyncRun.objects.filter(system=system)
        .exclude(mode=RunMode.DRY)
        .defer("report", "checkpoint")
        .order_by("-pk")[:RUNS]
    )[::-1]
    if not runs:
        return None
    series = [chart.Series(name, [getattr(run, field) for run in runs]) for name, field in COUNTS]
    labels = [
        f"Run {run.pk}, {run.created:%Y-%m-%d %H:%M} UTC, {run.get_state_display().lower()}" for run in runs
    ]
    every = max(1, len(runs) // 10)
    ticks = [f"{run.created:%d %b}" if not place % every else "" for place, run in enumerate(runs)]
    svg = chart.columns(labels, series, ticks=ticks, title=f"Records of the last {len(runs)} runs")
    return Drawn(svg, series, len(runs))
