"""Custom reports: every format, both ways of signing in, prompts, and what is never taken for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
import pytest

from connectors import mapping
from connectors.adapters import RawRecord, Reading
from connectors.adapters.workday import ADAPTER, raas
from connectors.adapters.workday.options import options
from connectors.adapters.workday.sign_in import sign_in
from connectors.errors import Incomplete, NotAuthorized, SourceChanged
from connectors.workforce.canonical import Unit, Worker
from simulators import workday
from simulators.server import Answer, Request, Server, json_answer
from simulators.workday import Workday
from tests.connectors.adapters.workday.tenant import noon

_OAUTH: dict[str, Any] = {"sign_in": "oauth", "client_id": workday.CLIENT_ID}


def reading(
    server: Server,
    *,
    full: bool = True,
    since: datetime | None = None,
    checkpoint: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    **settings: Any,
) -> Reading:
    return Reading(
        {**workday.report_settings(server.url), **settings},
        secrets or workday.secrets() | workday.report_secrets(),
        noon("2026-03-05"),
        full,
        {"as_of": since.isoformat()} if since else {},
        checkpoint or {},
    )


def records(wanted: Reading) -> list[RawRecord]:
    return [record for page in ADAPTER.read(wanted) for record in page.records]


@pytest.mark.parametrize("format_", ["json", "csv", "xml", "simplexml"])
def test_every_format_gives_the_same_workers(meridian: Workday, format_: str) -> None:
    compiled = mapping.compile(ADAPTER.default_mapping)
    found = records(reading(meridian, format=format_))
    told = [each for record in found for each in compiled.apply(record.kind, record.raw)]
    workers = {each.key: each for each in told if isinstance(each, Worker)}
    assert sorted(workers) == ["0000161", "0000162", "0000163", "0000164", "0000165", "0000166"]
    [engaged] = workers["0000161"].relationships
    [ann] = engaged.assignments
    assert (ann.unit, ann.job, ann.location, ann.manager, ann.status) == (
        "ICU", "RN2", "L1", "0000166", "active",
    )  # fmt: skip
    assert ann.regulatory_classes == ("HIPAA", "BLS")
    assert Unit(key="ICU", name="Intensive care", parent="MER") in told
    [dee] = workers["0000164"].relationships
    assert (str(dee.end_date), dee.assignments) == ("2026-02-27", ())


def test_with_oauth_a_token_is_asked_for_once_and_again_when_it_is_not_taken_any_more(
    meridian: Workday,
) -> None:
    assert len(records(reading(meridian, **_OAUTH))) == 6
    assert [each.split("?")[0] for each in meridian.asked] == [
        "POST /ccx/oauth2/northwind/token",
        "GET /ccx/service/customreport2/northwind/ISU_LRS_Hub/LRS_Workers",
    ]
    [token, report] = meridian.log
    assert report.request.headers["authorization"].startswith("Bearer ")
    assert workday.REFRESH_TOKEN not in token.request.target


def test_a_token_that_expires_between_two_requests_is_made_anew(meridian: Workday) -> None:
    found = options(workday.report_settings(meridian.url) | _OAUTH)
    with httpx.Client(auth=sign_in(found, workday.report_secrets())) as client:
        assert client.get(found.report_address).status_code == 200
        meridian.tokens.expire()
        assert client.get(found.report_address).status_code == 200
    assert [each.status for each in meridian.log] == [200, 200, 401, 200, 200]


@pytest.mark.parametrize(
    ("settings", "secrets"),
    [
        ({}, {"password": "wrong"}),
        (_OAUTH, {"client_secret": "wrong", "refresh_token": workday.REFRESH_TOKEN}),
        (_OAUTH, {"client_secret": workday.CLIENT_SECRET, "refresh_token": "wrong"}),
    ],
)
def test_wrong_secrets_are_refused_at_the_first_try(
    meridian: Workday, settings: dict[str, Any], secrets: dict[str, str]
) -> None:
    with pytest.raises(NotAuthorized) as refused:
        records(reading(meridian, secrets=secrets, **settings))
    assert len(meridian.log) == 1
    assert "wrong" not in str(refused.value)


def test_the_prompt_for_changes_limits_the_report_and_nobody_is_absent_then(meridian: Workday) -> None:
    since = noon("2026-03-01")
    [page] = ADAPTER.read(
        reading(
            meridian,
            full=False,
            since=since,
            delta_prompt="Changed_Since",
            prompts={"Effective_Date": "{date}"},
        )
    )
    assert {each.key for each in page.records} == {"0000162", "0000163", "0000165"}
    assert page.checkpoint["absence"] is False
    assert "Changed_Since=2026-03-01T12" in meridian.asked[-1]
    assert "Effective_Date=2026-03-05" in meridian.asked[-1]
    # Without such a prompt, or the first time, everybody is read.
    assert len(records(reading(meridian, full=False, since=since))) == 6
    assert len(records(reading(meridian, full=False, delta_prompt="Changed_Since"))) == 6


@pytest.fixture
def report() -> Any:
    """A server whose report is what the test says."""
    server = Server()
    said: dict[str, Any] = {"rows": []}

    @server.route("GET", "/ccx/service/customreport2/northwind/ISU_LRS_Hub/LRS_Workers")
    def answer(_: Request) -> Answer:
        return json_answer({"Report_Entry": said["rows"]})

    with server:
        yield server, said


def test_an_empty_report_is_not_everybody_gone_but_may_be_no_change(report: Any) -> None:
    server, _ = report
    with pytest.raises(Incomplete, match="The report is empty"):
        records(reading(server))
    since = noon("2026-03-02")
    assert records(reading(server, full=False, since=since, delta_prompt="Changed_Since")) == []


def test_a_row_without_its_key_is_broken_and_the_others_are_read(report: Any) -> None:
    server, said = report
    said["rows"] = [{"Person": "1"}, {"Name": "Ann"}]
    first, second = records(reading(server, key="Person"))
    assert (first.key, first.broken) == ("1", "")
    assert second.broken == "Row 2 of the report has no Person."


def test_a_run_taken_up_goes_on_in_the_same_report_and_begins_anew_in_another(
    report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, said = report
    monkeypatch.setattr(raas, "PAGE", 2)
    said["rows"] = [{"Employee_ID": str(number)} for number in range(5)]
    first = next(iter(ADAPTER.read(reading(server))))
    assert [each.key for each in records(reading(server, checkpoint=first.checkpoint))] == ["2", "3", "4"]
    said["rows"].insert(0, {"Employee_ID": "new"})
    again = records(reading(server, checkpoint=first.checkpoint))
    assert [each.key for each in again] == ["new", "0", "1", "2", "3", "4"]


def test_a_report_that_is_cut_off_or_too_large_is_not_used(meridian: Workday) -> None:
    meridian.faults.malform()
    with pytest.raises(Incomplete):
        records(reading(meridian))
    with pytest.raises(SourceChanged, match="more than 1,024 bytes"):
        records(reading(meridian, most_bytes=1024))


def test_trying_a_report_tells_its_columns_and_whether_the_key_is_there(meridian: Workday) -> None:
    found = {each.what: each for each in ADAPTER.test(reading(meridian, key="Badge"))}
    assert found["Sign in"].ok
    assert found["Read the report"].detail.startswith("6 rows. Columns: Business_Title, City, ")
    assert (found["Column Badge"].ok, found["Column Badge"].detail) == (False, "6 of 6 rows have no Badge.")
    assert all(each.ok for each in ADAPTER.test(reading(meridian)))
    [_, refused] = ADAPTER.test(reading(meridian, secrets={"password": "wrong"}))
    assert (refused.what, refused.ok) == ("Sign in", False)
