"""What the disclosure log names is there, and is told in words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLResolver, get_resolver

from compliance.access import showing
from compliance.access.looks import said


def names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """Yield the name of every route, as a request tells it."""
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from names(each, f"{space}{each.namespace}:" if each.namespace else space)
        elif each.name:
            yield f"{space}{each.name}"


def test_every_page_that_is_logged_is_a_page() -> None:
    assert sorted(showing.LOGGED - set(names(get_resolver()))) == []


def test_every_page_that_oversees_a_store_is_known_by_its_model() -> None:
    known = {each for each in names(get_resolver()) if showing.oversight_of(each)}
    assert {
        f"admin:compliance_{model}_changelist" for model in ("auditentry", "disclosure", "signature")
    } <= known
    assert showing.oversight_of("admin:compliance_completion_changelist") is None


def test_every_page_is_told_in_words() -> None:
    assert [
        each for each in sorted(showing.LOGGED) if ":" in said(each).partition(": ")[2] or "_" in said(each)
    ] == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("admin:compliance_completion_changelist", "Completion: list"),
        ("admin:connectors_person_as_of", "Person: as of a day"),
        ("admin:compliance_trainingrecord_evidence", "Training record: file of evidence"),
        ("compliance-api:training-records", "API: training records"),
        ("report:person:pdf", "Report: person, pdf"),
        ("sign:practical-sign-off", "To be signed: practical sign off"),
        ("practical-sign-offs", "practical sign offs"),
        ("admin:gone_model_page", "admin:gone_model_page"),
    ],
)
def test_what_was_looked_at_is_told_in_words(kind: str, words: str) -> None:
    assert said(kind) == words
