"""Which pages and resources show people, and how they keep to the part of the organization that was given.

In: the name of a route. Out: what it is. A page that shows people and stands in none of these leaves no entry
in the disclosure log and is not cut: whoever adds one puts it here.
"""

from __future__ import annotations

from compliance.access.scope import VIEW_PEOPLE

_ADMIN, _STATUS = "admin:connectors_", "admin:compliance_status_"
_API, _COMPLIANCE = "api:", "compliance-api:"
#: Pages of one person, by the name of the id in their address.
PERSON_PAGES = frozenset(
    [
        *(f"{_ADMIN}person_{name}" for name in ("change", "as_of", "by_hand", "merge", "undo")),
        f"{_STATUS}person",
    ]
)
#: Pages that list or tell people; what they showed stands in their context.
LISTS = frozenset(
    {
        f"{_ADMIN}person_changelist",
        f"{_ADMIN}actor_changelist",
        f"{_ADMIN}actor_change",
        f"{_ADMIN}identityreview_changelist",
        f"{_ADMIN}identityreview_change",
        f"{_ADMIN}identityreview_decided",
        f"{_ADMIN}provisioninggap_changelist",
        *(f"{_STATUS}{name}" for name in ("changelist", "people", "gaps", "forecast")),
    }
)
#: Pages of records about people: lists cut to the part somebody was given, single records, their files.
RECORDS = frozenset(
    f"admin:compliance_{name}"
    for name in (
        "completion_changelist", "completion_change", "trainingrecord_changelist", "trainingrecord_change",
        "trainingrecord_add", "trainingrecord_evidence", "trainingfile_change", "waiver_changelist",
        "waiver_add", "waiver_change", "reminder_changelist", "reminder_change",
    )
)  # fmt: skip
PERSON_RESOURCES = frozenset(
    [
        *(f"{_API}{name}" for name in ("person", "assignments", "person-context")),
        *(f"{_COMPLIANCE}{name}" for name in ("person-status", "qualified", "team")),
    ]
)
LIST_RESOURCES = frozenset(f"{_API}{name}" for name in ("people", "roster", "statements", "export"))
#: Resources that cannot be cut down to a part of the organization.
WHOLE = frozenset({f"{_API}statements", f"{_API}export"})
#: Resources of records about people: for who sees a whole store. Who sees a part of it uses the pages.
RECORD_RESOURCES = frozenset(
    f"{_COMPLIANCE}{name}"
    for name in (
        "completions", "training-records", "training-record", "status", "training-matrix", "gaps",
        "due-forecast", "retention-due", "retention-holds", "retention-dispositions", "data-requests",
        "audit-trail",
    )
)  # fmt: skip
#: Pages of statements and what belongs to them: they tell of people, and know no units.
STATEMENTS = frozenset(
    f"admin:lrs_{name}"
    for name in (
        "statement_changelist", "statement_change", "statement_json", "statement_attachment",
        "statement_by_id", "document_changelist", "document_change", "document_content",
        "attachment_changelist", "attachment_change", "attachment_content", "entity_agents", "entity_change",
        "inboxentry_change", "inboxentry_body",
    )
)  # fmt: skip
LOGGED = frozenset().union(
    PERSON_PAGES, LISTS, RECORDS, PERSON_RESOURCES, LIST_RESOURCES, RECORD_RESOURCES, STATEMENTS
)
#: Models whose pages oversee a store and know no units.
_OVERSIGHT = (
    "accessevent", "auditentry", "auditreview", "datarequest", "disclosure", "disposition", "legalhold",
    "signature",
)  # fmt: skip


def names_person(route: str) -> bool:
    """Whether the id in the address is that of a person."""
    return route in PERSON_PAGES | PERSON_RESOURCES


def permission_of(route: str) -> str:
    """Return the permission whose grants say which part a page may show."""
    if route not in RECORDS:
        return VIEW_PEOPLE
    model = route.removeprefix("admin:compliance_").partition("_")[0]
    # Files of training records are looked at with the right to look at the records.
    return f"compliance.view_{'trainingrecord' if model == 'trainingfile' else model}"


def oversight_of(route: str) -> str | None:
    """Return the permission of a page that oversees whole stores; None for any other."""
    for model in _OVERSIGHT:
        if route.startswith(f"admin:compliance_{model}_"):
            return f"compliance.view_{model}"
    return None
