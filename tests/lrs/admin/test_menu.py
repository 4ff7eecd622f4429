"""The menu of the administration: headings in the order of the work, and one entry marked."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

HEADINGS = [
    "Record store",
    "Connections",
    "Workforce",
    "Training",
    "Requirements",
    "Signatures",
    "Retention",
    "Audit",
    "Access",
    "People",
]


def _page(client: Client, name: str) -> str:
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    return str(answer.content.decode())


def _marked(page: str) -> list[str]:
    links = re.findall(r'<a href="([^"]+)" class="([^"]*)"', page)
    return [link for link, classes in links if "active" in classes.split()]


def test_the_menu_has_a_heading_for_each_part_of_the_work(ada: Client) -> None:
    page = _page(ada, "admin:index")
    found = re.findall(r"<h2 class=\"font-semibold flex flex-row[^>]*>\s*([^<]+?)\s*<", page)
    assert found == HEADINGS


@pytest.mark.parametrize(
    "name",
    [
        "admin:index",
        "admin:lrs_source_changelist",
        "admin:lrs_connect",
        "admin:lrs_entity_changelist",
        "admin:lrs_entity_agents",
        "admin:compliance_requirement_changelist",
        "admin:compliance_requirement_templates",
    ],
)
def test_the_menu_marks_the_page_shown_and_no_other(ada: Client, name: str) -> None:
    assert _marked(_page(ada, name)) == [reverse(name)]


def test_a_page_below_an_entry_marks_that_entry(ada: Client) -> None:
    assert _marked(_page(ada, "admin:auth_user_add")) == [reverse("admin:auth_user_changelist")]


def test_times_in_lists_stand_with_their_zone(ada: Client) -> None:
    ada.get(reverse("admin:lrs_statement_changelist"))
    page = _page(ada, "admin:compliance_disclosure_changelist")
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", page)
