"""A hub that answers over HTTP is qualified from end to end, and the report of it is signed and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from compliance.models import AuditEntry
from compliance.proof import publish, sequence
from hub.command_line import acting_command
from hub.validation import performance
from hub.validation.measuring import Limits
from hub.validation.performance import Asked
from hub.validation.steps import Part, Result
from tests.compliance.courses import caught_up
from tests.live import LiveHub, database_address, running

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def academy(apart: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any) -> Iterator[LiveHub]:
    """A hub in a database of its own; this process does the work of its workers."""
    with (
        django_db_blocker.unblock(),
        running(database_address(), folder=tmp_path_factory.mktemp("academy")) as started,
    ):
        yield started


def _workers() -> None:
    """Do what the workers of a whole hub do within some seconds."""
    caught_up()
    sequence.run()
    publish.publish(now=True)


def _qualified(hub: LiveHub, **asked: Any) -> tuple[Part, list[str]]:
    given = {"address": hub.origin, "within_seconds": 60, "load_seconds": 0.2, "pause": _workers, **asked}
    with acting_command(("manage.py", "validate")):
        return performance.qualified(Asked(**given))


def _results(part: Part) -> dict[str, str]:
    return {each.id: f"{each.result}: {each.seen}" for each in part.steps if each.result != Result.PASSED}


def test_a_hub_that_works_passes_and_nothing_goes_on_in_it(
    academy: LiveHub, beside_the_database: Path
) -> None:
    store = apps.get_model("lrs", "Store")
    before = set(store.objects.values_list("name", flat=True))
    part, leaves = _qualified(academy)
    assert {name: said.partition(":")[0] for name, said in _results(part).items()} == {
        "PQ-30": "noted",
        "PQ-31": "noted",
        "PQ-32": "noted",
    }, _results(part)
    [made] = set(store.objects.values_list("name", flat=True)) - before
    assert made in leaves[0]
    assert not apps.get_model("lrs", "Source").objects.get(store__name=made).active
    credential = apps.get_model("lrs", "Credential").objects.get(source__store__name=made)
    assert credential.revoked is not None
    entries = AuditEntry.objects.filter(table_name="lrs_credential", row_key=str(credential.pk))
    assert {(each.actor_kind, each.actor_id, each.reason) for each in entries} == {
        ("command", "validate", made)
    }


def test_a_limit_that_is_not_kept_fails(academy: LiveHub, beside_the_database: Path) -> None:
    limits = Limits(least_per_second=1e9, most_post_ms=60_000, most_query_ms=0.001)
    part, _ = _qualified(academy, limits=limits)
    found = _results(part)
    assert set(found) == {"PQ-30", "PQ-32"}, found
    assert "limit: at least 1000000000.0 a second" in found["PQ-30"]


def test_workers_that_do_nothing_fail_what_follows_and_nothing_else(
    academy: LiveHub, beside_the_database: Path
) -> None:
    part, _ = _qualified(academy, within_seconds=0.3, pause=lambda: None)
    failed = {each.id for each in part.steps if each.result == Result.FAILED}
    assert {"PQ-20", "PQ-21", "PQ-22", "PQ-23"} <= failed
    assert failed <= {"PQ-20", "PQ-21", "PQ-22", "PQ-23", "PQ-42"}, _results(part)


def test_where_no_hub_answers_every_step_fails_and_nothing_is_left_open(
    beside_the_database: Path,
) -> None:
    asked = Asked(address="http://127.0.0.1:1", within_seconds=0.1, load_seconds=0.1, pause=lambda: None)
    part, _ = performance.qualified(asked)
    passed = {each.id for each in part.steps if each.result == Result.PASSED}
    assert passed <= {"PQ-41"}, passed
    assert not apps.get_model("lrs", "Source").objects.filter(name="Qualification", active=True).exists()


def test_the_command_writes_a_report_that_is_checked(beside_the_database: Path, tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    junit.write_text('<testsuites><testcase classname="tests.a.test_b" name="test_c"/></testsuites>')
    said = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command(
            "validate",
            "--iq",
            "--oq",
            str(junit),
            "--out",
            str(tmp_path / "out"),
            "--by",
            "Inés",
            stdout=said,
        )
    assert "IQ-30 failed" in said.getvalue()  # tests work as a superuser
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert (report["result"], report["facts"]["made by"]) == ("failed", "Inés")
    assert [part["name"] for part in report["parts"]] == ["IQ", "OQ"]
    checked = StringIO()
    call_command("check_validation", str(tmp_path / "out" / "report.note"), stdout=checked)
    assert checked.getvalue() == "The report is as it was signed. Its result: failed.\n"
    text = (tmp_path / "out" / "report.json").read_text(encoding="utf-8")
    (tmp_path / "out" / "report.json").write_text(text.replace('"failed"', '"passed"', 1), encoding="utf-8")
    checked = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("check_validation", str(tmp_path / "out"), stdout=checked)
    assert checked.getvalue() == "report.json: something beside the steps was changed\n"
