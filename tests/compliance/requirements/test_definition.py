"""The document that says who must be trained in what by when."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from compliance.requirements import definition, library
from compliance.requirements.errors import InvalidDefinition
from tests.compliance.requirements.people import YEARLY


def changed(path: str, value: Any) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(YEARLY)
    *way, last = path.split("/")
    inner: Any = document
    for name in way:
        inner = inner[name]
    inner[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        ("what", {"course": ""}, "/what/course"),
        ("what", {"course": "A", "minimum_score": 2}, "/what/minimum_score"),
        ("what", {"all": []}, "/what/all"),
        ("what", {"at_least": 3, "of": [{"course": "A"}, {"course": "B"}]}, "/what/at_least"),
        ("for", {"worker_types": ["robot"]}, "/for/worker_types/0"),
        ("for", {"hired": {"from": "yesterday"}}, "/for/hired/from"),
        ("when/within_days", -1, "/when/within_days"),
        ("when/every", {"count": 1, "unit": "fortnights"}, "/when/every/unit"),
        ("when/every", {"count": 1, "unit": "months", "early_days": 3}, "/when/every/early_days"),
        ("code", "import os", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_place(path: str, value: Any, pointer: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        definition.check(changed(path, value))
    assert pointer in [found for found, _ in refused.value.faults]


def test_a_document_that_nests_without_end_is_refused_before_anything_walks_it() -> None:
    rule: dict[str, Any] = {"everybody": True}
    for _ in range(5_000):
        rule = {"not": rule}
    with pytest.raises(InvalidDefinition, match="nested deeper"):
        definition.check(changed("for", rule))


def test_every_kind_of_group_rule_and_interval_is_sound() -> None:
    definition.check(
        {
            "what": {
                "all": [
                    {"at_least": 1, "of": [{"course": "A", "minimum_score": 0.8}, {"curriculum": "C"}]},
                    {"any": [{"sign_off": "P", "evaluators": "TRAINERS"}, {"course": "B"}]},
                ]
            },
            "for": {
                "all": [
                    {"units": ["D1"], "below": False},
                    {"not": {"any": [{"jobs": ["J"]}, {"locations": ["L"]}, {"statuses": ["leave"]}]}},
                    {"regulatory_classes": ["GMP"]},
                    {"hired": {"from": "2020-01-01", "before": "2025-01-01"}},
                ]
            },
            "when": {
                "within_days": 30,
                "every": {"count": 15, "unit": "calendar_months", "anchor": "due", "early_days": 20},
                "new_version_days": 14,
            },
            "prerequisites": ["BASICS"],
        }
    )


def test_leaves_are_numbered_in_the_order_in_which_they_stand() -> None:
    what = {"all": [{"course": "A"}, {"any": [{"sign_off": "P"}, {"course": "B", "minimum_score": 0.5}]}]}
    found = [(each.number, each.course, each.signed_off) for each in definition.leaves(what)]
    assert found == [(0, "A", False), (1, "P", True), (2, "B", False)]


@pytest.mark.parametrize("template", library.templates().values(), ids=lambda each: each.code)
def test_a_template_is_sound_and_cites_its_section(template: library.Template) -> None:
    definition.check(template.definition)
    citation = template.definition["citation"]
    assert citation["section"]
    assert citation["jurisdiction"]
    assert citation["verified"] == template.verified
    assert citation["checked"] == template.checked.isoformat()
    assert template.definition["retention"]["basis"]
    assert template.courses
    if not template.verified:
        note = citation.get("note", "not confirmed").casefold()
        assert any(word in note for word in ("not confirmed", "to be checked"))


def test_the_regimes_of_the_reference_all_have_templates() -> None:
    regimes = {each.regime for each in library.templates().values()}
    assert {"OSHA", "GxP", "HIPAA", "DOT", "PCI DSS", "NERC CIP", "FAA", "ISO", "SOX"} <= regimes
    sections = " ".join(each.section for each in library.templates().values())
    for part in (
        "1910.1030", "1910.178", "1910.147", "1910.146", "1910.120(e)", "1910.120(q)", "1910.134", "1910.119",
        "1910.1001", "1926.1101", "1910.1027", "1910.1025", "1910.1028", "1910.1048", "1910.95", "1910.1200",
        "1910.38", "1910.39", "1910.66", "1910.266", "1926.503", "1926.1427", "1926.1428", "1910.332",
        "1910.269", "1910.151", "1910.157", "1910.132", "211.25", "213.25", "111.14", "820", "164.530",
        "164.308", "12.6.3", "CIP-004", "145.163", "172.704", "ISO 9001", "ISO 13485",
    ):  # fmt: skip
        assert part in sections
