"""The table the benchmark prints."""

from __future__ import annotations

import pytest

from benchmarks.queries import percentile
from benchmarks.report import Row, terminal


@pytest.mark.parametrize(
    ("values", "smaller_is_better", "verdict"),
    [
        ([0.9, 0.8, 0.1], False, "aim"),
        ([0.5, 0.4, 0.9], False, "bar"),
        ([0.3, 0.39, 9.0], False, "MISSED"),
        ([0.3], True, "aim"),
        ([0.81], True, "MISSED"),
    ],
)
def test_a_row_is_judged_by_its_median(values: list[float], smaller_is_better: bool, verdict: str) -> None:
    bar, aim = (0.8, 0.4) if smaller_is_better else (0.4, 0.8)
    row = Row(what="x", values=values, bar=bar, aim=aim, smaller_is_better=smaller_is_better)
    assert row.verdict == verdict


def test_the_table_shows_ratio_spread_bar_and_aim() -> None:
    table = terminal([Row(what="ingest ÷ floor", values=[0.5, 0.7, 0.6], bar=0.4, aim=0.8)])
    assert "| ingest ÷ floor |     0.60 | 0.50 … 0.70 | ≥ 0.40 | 0.80 |     bar |" in table


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (95, 95), (100, 100), (1, 1)])
def test_percentile__of_a_hundred(percent: float, value: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == value
