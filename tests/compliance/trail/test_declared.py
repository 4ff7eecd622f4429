"""Every model of the project is audited, or says why not; what is declared is what the database does."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import connection, models, transaction

from compliance.trail import install
from compliance.trail.declared import AUDITED, EXEMPT, Audited
from compliance.trail.functions import written
from lrs.append_only import declared


def _labels() -> set[str]:
    return {model._meta.label for model in apps.get_models(include_auto_created=True)}


def test_every_model_is_audited_or_exempt_with_a_reason() -> None:
    audited = [each.label for each in AUDITED]
    assert len(audited) == len(set(audited))
    assert set(audited) & set(EXEMPT) == set()
    assert _labels() - set(audited) - set(EXEMPT) == set(), "say in compliance.trail.declared what is to be"
    assert {*audited, *EXEMPT} - _labels() == set()
    assert all(len(reason) > 8 for reason in EXEMPT.values())


#: Digests of records, by which anybody may compare them.
_OF_WHAT_WAS_SHOWN = ("shown_hash", "document_hash", "text_hash")


def test_columns_that_hold_secrets_are_declared_so() -> None:
    telling = ("password", "secret", "hash", "encrypted", "token")
    shown = [
        f"{each.label}.{field.column}"
        for each in AUDITED
        for field in apps.get_model(each.label)._meta.concrete_fields
        if any(word in field.column for word in telling)
        and isinstance(field, models.TextField | models.CharField | models.BinaryField)
        and field.column not in each.secret
        and field.column not in _OF_WHAT_WAS_SHOWN
    ]
    assert shown == []


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no column pasword"):
        written(Audited("auth.User", secret=("pasword",)))


def test_every_trigger_is_in_place_and_a_second_installation_changes_nothing(database: None) -> None:
    assert install.missing() == []
    assert install.install() == []


@pytest.mark.parametrize(
    "harm",
    [
        "ALTER TABLE lrs_store DISABLE TRIGGER compliance_trail_update",
        "ALTER TABLE lrs_store ENABLE TRIGGER compliance_trail_update",
        "DROP TRIGGER compliance_trail_delete ON lrs_store",
        "COMMENT ON FUNCTION compliance_trail_lrs_store() IS 'mine'",
    ],
)
def test_a_trigger_somebody_took_away_is_told_and_put_back(database: None, harm: str) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(harm)
        assert install.missing() == ["lrs_store"]
        [found] = [each for each in run_checks(databases=["default"]) if each.id == "compliance.E001"]
        assert "lrs_store" in found.msg
        assert install.install() == ["lrs_store"]
        assert install.missing() == []
        transaction.set_rollback(True)


@pytest.mark.parametrize("table", sorted(declared()))
def test_every_append_only_table_refuses_to_be_changed_whoever_asks(database: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgtype FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
        )
        # Bits of pg_trigger.tgtype: 2 before, 8 delete, 16 update, 32 truncate.
        before = [kind for (kind,) in cursor.fetchall() if kind & 2]
    assert all(any(kind & bit for kind in before) for bit in (8, 16, 32))
