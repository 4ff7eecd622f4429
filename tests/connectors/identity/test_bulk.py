"""Actors are linked by a file: tried first, then applied; what cannot be so comes back with the reason."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError

from connectors.errors import ConnectorError
from connectors.identity import bulk
from connectors.models import ActorLink, System
from tests.connectors.learning import academy, actor, caught_up, learned, units
from tests.connectors.people import ann, hris, told
from tests.fixtures import Hub, Xapi

LMS = "https://lms.example.com"
HEADER = "account_home_page,account_name,employee_number,from,to\n"


def _known(hub: Hub) -> tuple[Xapi, System, str]:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann(), ann("7", unit="ER"))
    posted = learned(moodle, {"account": {"homePage": LMS, "name": "u77"}}, "2026-02-10")
    caught_up()
    return moodle, workday, posted


def _apply(moodle: Xapi, text: str, *, dry: bool = False) -> bulk.Report:
    return bulk.apply(moodle.store_id, bulk.read(text.encode()), dry=dry)


def test_a_dry_run_reports_and_changes_nothing(hub: Hub) -> None:
    moodle, _, posted = _known(hub)
    report = _apply(moodle, f"{HEADER}{LMS},u77,21001,,\n", dry=True)
    assert report.as_json() == {"lines": 1, "linked": 1, "unchanged": 0, "refused": 0, "statements": 1}
    caught_up()
    assert units(moodle, posted) == ["Nobody is known by this actor"]


def test_a_file_links_and_the_same_file_again_changes_nothing(hub: Hub) -> None:
    moodle, _, posted = _known(hub)
    text = f"{HEADER}{LMS},u77,21001,2026-01-01,2026-02-10\n"
    assert _apply(moodle, text).linked == 1
    again = _apply(moodle, text)
    assert (again.linked, again.unchanged) == (0, 1)
    late = learned(moodle, {"account": {"homePage": LMS, "name": "u77"}}, "2026-02-11")
    caught_up()
    assert units(moodle, posted, late) == ["ICU", "Nobody held this identifier at the time"]
    assert ActorLink.objects.filter(actor=actor(moodle, "u77")).count() == 1


def test_an_account_is_split_between_two_people_by_two_lines(hub: Hub) -> None:
    moodle, _, posted = _known(hub)
    late = learned(moodle, {"account": {"homePage": LMS, "name": "u77"}}, "2026-03-01")
    _apply(moodle, f"{HEADER}{LMS},u77,21001,,2026-02-28\n{LMS},u77,7,2026-03-01,\n")
    caught_up()
    assert units(moodle, posted, late) == ["ICU", "ER"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"{LMS},nobody,21001,,", "No statement has named this actor yet."),
        (f"{LMS},u77,999,,", "Nobody is known by the employee number 999."),
        (f"{LMS},u77,,,", "The line names no person."),
        (f",u77,21001,,", "An account needs both its home page and its name."),  # noqa: F541
        (",,21001,,", "The line names no actor."),
        (f"{LMS},u77,21001,1.2.2026,", "A day is written as 2026-01-31."),
        (f"{LMS},u77,21001,2026-02-01,2026-01-01", "The period ends before it begins."),
    ],
)
def test_a_line_that_cannot_be_so_is_given_back_with_the_reason(hub: Hub, line: str, reason: str) -> None:
    moodle, _, _ = _known(hub)
    report = _apply(moodle, f"{HEADER}{line}\n")
    assert [each.reason for each in report.refusals] == [reason]
    assert not ActorLink.objects.filter(actor=actor(moodle, "u77")).exists()


def test_a_line_that_contradicts_an_earlier_one_is_refused_and_the_earlier_one_stands(hub: Hub) -> None:
    moodle, _, posted = _known(hub)
    report = _apply(moodle, f"{HEADER}{LMS},u77,21001,,\n{LMS},u77,7,2026-01-01,\n")
    assert [(each.line.number, each.reason) for each in report.refusals] == [
        (3, "An earlier line says somebody else for this time.")
    ]
    caught_up()
    assert units(moodle, posted) == ["ICU"]


def test_refused_lines_are_safe_to_open_in_a_spreadsheet(hub: Hub) -> None:
    moodle, _, _ = _known(hub)
    report = _apply(moodle, f"{HEADER}{LMS},\"=cmd|' /C calc'!A0\",21001,,\n")
    [header, row] = list(csv.reader(io.StringIO(bulk.refusals_csv(report).lstrip("\ufeff"))))
    assert header[0] == "line"
    assert row[header.index("account_name")].startswith("'=cmd")
    assert row[-1] == "No statement has named this actor yet."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"mbox;colour\nx;red\n", "Unknown column: colour"),
        (b"mbox\nx\n", "must name a column"),
        (b"", "must name a column"),
        (b'mbox,person\n"x,1\n', "no CSV"),
    ],
)
def test_what_is_no_such_file_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    with pytest.raises(ConnectorError, match=reason):
        bulk.read(content)


def test_the_command_tries_then_links(hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moodle, _, posted = _known(hub)
    store = apps.get_model("lrs", "Store").objects.get(pk=moodle.store_id)
    file = tmp_path / "links.csv"
    file.write_text(f"\ufeffaccount_home_page;account_name;email\n{LMS};u77;Ann.21001@example.com\n")
    call_command("link_actors", str(file), "--store", store.name, "--dry-run")
    assert json.loads(capsys.readouterr().out)["linked"] == 1
    assert not ActorLink.objects.filter(actor=actor(moodle, "u77")).exists()
    call_command("link_actors", str(file), "--store", store.name)
    caught_up()
    assert units(moodle, posted) == ["ICU"]
    file.write_text(f"mbox,employee_number\nnobody@example.com,21001\n")  # noqa: F541
    refusals = tmp_path / "refused.csv"
    with pytest.raises(CommandError, match="1 of 1 lines were refused"):
        call_command("link_actors", str(file), "--store", store.name, "--refusals", str(refusals))
    assert "line 2: No statement has named this actor yet." in capsys.readouterr().err
    assert "nobody@example.com" in refusals.read_text()
