"""What a source keeps from the hub is held, and paths may choose by place within a test."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import mapping
from connectors.adapters import WITHHELD, RawRecord
from connectors.mapping.paths import parse, read, render
from connectors.sync import mapped
from connectors.workforce.canonical import Worker

_DOCUMENT: dict[str, Any] = {
    "format": 1,
    "records": {
        "worker": {
            "emit": [
                {
                    "record": "worker",
                    "fields": {
                        "key": {"from": "id", "required": True},
                        "names": [{"formatted": {"from": "person.name"}}],
                        "relationships": [
                            {
                                "hire_date": {"from": "work.hired", "required": True},
                                "assignments": [
                                    {"unit": {"from": "work.place.unit"}, "title": {"from": "work.title"}}
                                ],
                            }
                        ],
                    },
                }
            ]
        }
    },
}
_ANN = {"id": "1", "person": {"name": "Ann Lee"}, "work": {"hired": "2020-03-01", "title": "Nurse"}}


def worker_of(raw: dict[str, Any]) -> Worker | None:
    made = mapped.of(RawRecord("worker", "1", raw), mapping.compile(_DOCUMENT))
    assert made.refused is None
    return next((each for each in made.records if isinstance(each, Worker)), None)


def test_what_is_empty_is_empty_and_what_is_withheld_is_held() -> None:
    empty, withheld = worker_of(_ANN), worker_of({**_ANN, WITHHELD: ["work.place"]})
    assert empty is not None
    assert withheld is not None
    assert (empty.held, withheld.held) == ((), ("assignment.unit",))
    assert withheld.relationships[0].assignments[0].title == "Nurse"


def test_a_path_withholds_itself_and_what_is_below_it_only() -> None:
    compiled = mapping.compile(_DOCUMENT)
    assert compiled.holding("worker", ["work.place.unit"]) == {"assignment.unit"}
    assert compiled.holding("worker", ["work.pl"]) == frozenset()
    assert compiled.holding("worker", ["person"]) == {"names"}
    assert compiled.holding("unit", ["person"]) == frozenset()


def test_where_the_hire_is_withheld_the_worker_is_left_as_known() -> None:
    assert worker_of({"id": "1", "person": {"name": "Ann Lee"}, WITHHELD: ["work"]}) is None


@pytest.mark.parametrize("text", ["mails[uses[0].type=WORK].address", 'mails[uses[0].type="a [b]"].address'])
def test_a_test_may_choose_by_place(text: str) -> None:
    assert render(parse(text)) == text


def test_the_first_of_several_uses_counts() -> None:
    record = {
        "mails": [
            {"address": "a@x", "uses": [{"type": "HOME"}, {"type": "WORK"}]},
            {"address": "b@x", "uses": [{"type": "WORK"}, {"type": "HOME"}]},
        ]
    }
    assert read(parse("mails[uses[0].type=WORK].address"), record, record) == "b@x"
