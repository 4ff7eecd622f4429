"""The rules that stand in a store, in order; a store that has none yet gets the standard ones.

In: a store. Out: `Rule`s. A process trusts what it read for a few seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.identity.rules import STANDARD, Rule
from connectors.models import IdentityRule
from lrs.lately import Lately

_lately: Lately[int, tuple[Rule, ...]] = Lately(most=1_000, seconds=5.0)


def rules_of(store_id: int) -> Sequence[Rule]:
    """Return the active rules of a store, in the order they are tried."""
    found = _lately.entries().get(store_id)
    if found is None:
        if not IdentityRule.objects.filter(store_id=store_id).exists():
            begin(store_id)
        found = tuple(map(rule, IdentityRule.objects.filter(store_id=store_id, active=True)))
        _lately.put_all({store_id: found})
    return found


def forget() -> None:
    """Read the rules anew."""
    _lately.clear()


def begin(store_id: int) -> None:
    """Give a store the standard rules; whoever is second adds nothing."""
    IdentityRule.objects.bulk_create(
        [
            IdentityRule(store_id=store_id, order=10 * number, **fields)
            for number, fields in enumerate(STANDARD, start=1)
        ],
        ignore_conflicts=True,
    )


def rule(row: IdentityRule) -> Rule:
    """Return a row as it is applied."""
    return Rule(
        id=row.pk,
        name=row.name,
        actor_kind=row.actor_kind,
        identifier_type=row.identifier_type,
        home_page=row.home_page,
        source_id=row.source_id,
        issuer=row.issuer,
        same_issuer=row.same_issuer,
        transform=row.transform,
        confidence=row.confidence,
        accept_from=row.accept_from,
        grace_days=row.grace_days,
    )
