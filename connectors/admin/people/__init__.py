"""People and identities in the administration.

review      who actors nobody could tell are, decided one key at a time
people      the list of people, and the page of one of them
by_hand     contractors and partners that no HRIS knows
actors      one actor: its links in both times, and saying who it is for a period
bulk        links told by a file
tree        the organization as of a date
coverage    which share of learners is told
rules       how actors are told, in order
"""

from __future__ import annotations

from connectors.admin.people import actors, coverage, people, review, rules, tree

__all__ = ["MENU", "actors", "coverage", "people", "review", "rules", "tree"]

MENU = [
    ("People", "badge", "admin:connectors_person_changelist", "connectors.view_person"),
    (
        "Organization",
        "account_tree",
        "admin:connectors_organizationunit_changelist",
        "connectors.view_organizationunit",
    ),
    (
        "Identity review",
        "person_search",
        "admin:connectors_identityreview_changelist",
        "connectors.view_identityreview",
    ),
    (
        "Identity rules",
        "rule",
        "admin:connectors_identityrule_changelist",
        "connectors.view_identityrule",
    ),
    ("Coverage", "percent", "admin:connectors_coverageday_changelist", "connectors.view_coverageday"),
]
