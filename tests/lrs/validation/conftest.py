"""Statements to validate: the samples, and a way to change one thing in them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"

Sample = Callable[..., dict[str, Any]]


@pytest.fixture
def sample() -> Sample:
    """Return the sample of that name, changed: `sample("voided", {"/verb/id": "x"}, without="/actor")`."""

    def read(
        name: str, changes: dict[str, Any] | None = None, *, without: str | None = None
    ) -> dict[str, Any]:
        statement: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
        for pointer, value in (changes or {}).items():
            holder, last = _walk(statement, pointer)
            if isinstance(holder, list) and last == "-":
                holder.append(copy.deepcopy(value))
            else:
                holder[int(last) if isinstance(holder, list) else last] = copy.deepcopy(value)
        if without is not None:
            holder, last = _walk(statement, without)
            del holder[int(last) if isinstance(holder, list) else last]
        return statement

    return read


def _walk(statement: Any, pointer: str) -> tuple[Any, str]:
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in steps:
        statement = statement[int(step) if isinstance(statement, list) else step]
    return statement, last
