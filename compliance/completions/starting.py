"""The rules the hub starts with: xAPI's own vocabulary, cmi5, and training told by hand.

Made after migrations where a rule of that code is missing; one that is there is never touched, so what an
administrator changed stays. The documents stand in the folder `defaults`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from django.db import connection, transaction

from compliance.completions import rulebook
from compliance.models import CompletionRule

#: Code, name, order. Rules of an organisation stand before these unless they are given a higher number.
_RULES = (
    ("training-records", "Training told by hand", 800),
    ("cmi5", "cmi5: moveOn as launched", 900),
    ("xapi", "xAPI: completed or passed (Moodle too)", 1000),
)


def document(code: str) -> dict[str, Any]:
    """Return the document of a rule the hub starts with."""
    loaded: dict[str, Any] = orjson.loads((Path(__file__).parent / "defaults" / f"{code}.json").read_bytes())
    return loaded


def make_rules(**_: Any) -> None:
    """Make the rules that are missing (a receiver of post_migrate)."""
    # Where only an earlier state was asked for, their tables are not there yet.
    if "compliance_completion_rule_version" not in connection.introspection.table_names():
        return
    for code, name, order in _RULES:
        with transaction.atomic():
            rule, new = CompletionRule.objects.get_or_create(
                store=None, code=code, defaults={"name": name, "order": order}
            )
            if new:
                rulebook.publish(rulebook.draft(rule, document(code), note="As the hub starts with it."))
