"""Page after page: snapshots and what is done without them, links, refusals, and a connection tried out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import jsonschema
import orjson
import pytest

from connectors.adapters import adapters
from connectors.adapters.successfactors.options import EXPAND, options
from connectors.errors import CannotConnect, NotAuthorized, SourceChanged
from simulators import successfactors
from simulators.server import Answer, Request
from tests.connectors.adapters.successfactors.tenant import Tenant, tenant

ADAPTER = adapters()["successfactors"]


@pytest.fixture
def northwind() -> Iterator[Tenant]:
    with tenant(60, 2) as found:
        yield found


def keys(northwind: Tenant, **changed: object) -> list[str]:
    return [each.key for each in northwind.read(**changed) if each.kind == "worker"]


def test_the_organization_comes_before_people_and_everything_once(northwind: Tenant) -> None:
    kinds = [each.kind for each in northwind.read()]
    assert list(dict.fromkeys(kinds)) == ["unit", "job", "location", "worker"]
    assert len(set(keys(northwind))) == len(keys(northwind))


def test_people_are_held_to_one_snapshot_and_what_has_none_is_read_with_a_cursor(northwind: Tenant) -> None:
    northwind.read()
    assert len(northwind.asked("/PerPerson", "paging=snapshot")) == 2
    assert len(northwind.asked("/FODepartment", "paging=snapshot")) == 1
    assert len(northwind.asked("/FODepartment", "paging=cursor")) == 1


def test_who_is_entered_while_a_snapshot_is_read_comes_with_the_next_run(northwind: Tenant) -> None:
    entered, newcomer = max(
        (min(entry.entered for entry in each.employments[0].stays.entries), each.number)
        for each in northwind.population.workers
        if each.employments[0].stay() is not None
    )
    northwind.now = entered - timedelta(minutes=1)
    early: list[str] = []
    for page in ADAPTER.read(northwind.reading(settings=northwind.settings(page_size=50))):
        early += [each.key for each in page.records if each.kind == "worker"]
        if early:
            northwind.now = entered + timedelta(minutes=1)
    assert len(early) > 50
    assert newcomer not in early
    mark = {"as_of": (entered - timedelta(minutes=1)).isoformat()}
    assert newcomer in keys(northwind, full=False, watermark=mark)


def test_a_snapshot_that_ran_out_begins_its_entity_again(northwind: Tenant) -> None:
    expected = keys(northwind)
    settings = northwind.settings(page_size=20)
    found: list[str] = []
    for page in ADAPTER.read(northwind.reading(settings=settings)):
        found += [each.key for each in page.records if each.kind == "worker"]
        if len(found) == 40:
            northwind.server.faults.arm("snapshot")
    assert found[:40] == expected[:40]
    assert found[40:] == expected


def test_a_snapshot_that_always_runs_out_is_given_up_after_some_time(northwind: Tenant) -> None:
    @northwind.server.before
    def run_out(request: Request) -> Answer | None:
        if "skiptoken" in request.target and "/PerPerson" in request.target:
            northwind.server.faults.arm("snapshot")
        return None

    with pytest.raises(
        CannotConnect, match=r"PerPerson cannot be read to its end: .*snapshot .* has expired"
    ):
        northwind.read(settings=northwind.settings(page_size=10))
    firsts = [each for each in northwind.asked("/PerPerson", "paging=snapshot") if "skiptoken" not in each]
    assert len(firsts) == 4


def test_a_run_goes_on_behind_any_page(northwind: Tenant) -> None:
    settings = northwind.settings(page_size=50)
    whole = list(ADAPTER.read(northwind.reading(settings=settings)))
    for place, page in enumerate(whole):
        # As it is kept: JSON.
        kept = orjson.loads(orjson.dumps(dict(page.checkpoint)))
        rest = list(ADAPTER.read(northwind.reading(settings=settings, checkpoint=kept)))
        assert [each.records for each in rest] == [each.records for each in whole[place + 1 :]]
        assert [each.total for each in rest] == [each.total for each in whole[place + 1 :]]


def test_it_says_how_many_records_there_are_to_come(northwind: Tenant) -> None:
    *_, last = ADAPTER.read(northwind.reading())
    assert last.total == len(northwind.read())


def test_a_link_to_another_server_is_not_followed(northwind: Tenant) -> None:
    @northwind.server.before
    def lead_away(request: Request) -> Answer | None:
        if "/FODepartment" not in request.target:
            return None
        body = {"d": {"results": [], "__next": "http://elsewhere.example/odata/v2/FODepartment?$skiptoken=x"}}
        return Answer(200, orjson.dumps(body), "application/json")

    with pytest.raises(SourceChanged, match=r"another server"):
        northwind.read()


def test_a_link_without_a_server_is_one_of_the_same_service(northwind: Tenant) -> None:
    links = iter(["FODepartment?$skiptoken=2", ""])

    @northwind.server.before
    def shorten(request: Request) -> Answer | None:
        if "/FODepartment" not in request.target:
            return None
        body = {"d": {"results": [{"externalCode": "ICU"}], "__next": next(links)}}
        return Answer(200, orjson.dumps(body), "application/json")

    assert [each.key for each in northwind.read() if each.kind == "unit"] == ["ICU", "ICU"]
    assert len(northwind.asked("GET /odata/v2/FODepartment?$skiptoken=2")) == 1


def test_an_answer_that_breaks_off_is_asked_for_again(northwind: Tenant) -> None:
    expected = keys(northwind)
    northwind.server.faults.malform(2)
    assert keys(northwind) == expected
    northwind.server.faults.malform(100)
    with pytest.raises(CannotConnect, match="breaks off"):
        northwind.read()


def test_a_connection_that_breaks_in_the_middle_of_a_page_is_made_again(northwind: Tenant) -> None:
    expected = keys(northwind)
    northwind.server.faults.truncate()
    assert keys(northwind) == expected


def test_what_the_service_refuses_is_told_with_its_code(northwind: Tenant) -> None:
    with pytest.raises(SourceChanged, match=r"COE_PROPERTY_NOT_FOUND: .*salaryNav"):
        northwind.read(settings=northwind.settings(expand=["employmentNav/jobInfoNav", "salaryNav"]))


def test_what_is_not_odata_is_told(northwind: Tenant) -> None:
    @northwind.server.before
    def other(_: Request) -> Answer | None:
        return Answer(200, b'{"value": []}', "application/json")

    with pytest.raises(SourceChanged, match="not OData v2"):
        northwind.read()


def test_an_entity_that_may_not_be_read_is_told(northwind: Tenant) -> None:
    northwind.server.hidden.add("FOLocation")
    with pytest.raises(NotAuthorized, match=r"COE_FORBIDDEN: .*not authorized to access FOLocation"):
        northwind.read()


def test_only_people_the_filter_holds_for_are_read(northwind: Tenant) -> None:
    everybody = northwind.read()
    some = next(each for each in everybody if each.kind == "worker").key
    settings = northwind.settings(filter=f"personIdExternal eq '{some}'")
    assert keys(northwind, settings=settings) == [some]
    since = {"as_of": (northwind.now - timedelta(days=900)).isoformat()}
    assert keys(northwind, settings=settings, full=False, watermark=since) == [some]


def test_without_a_watermark_a_run_for_changes_reads_everything(northwind: Tenant) -> None:
    assert keys(northwind, full=False) == keys(northwind)


def test_what_comes_into_force_is_read_though_nobody_touched_it(northwind: Tenant) -> None:
    population = northwind.population
    since = northwind.now
    turning, entered = set(), set()
    for days in range(1, 60):
        northwind.now = since + timedelta(days=days)
        yesterday = northwind.now - timedelta(days=1)
        entered = {each.number for each in population.changes(yesterday, northwind.now)}
        turning = {
            worker.number
            for worker in population.turning(northwind.now.date(), northwind.now.date(), yesterday)
            if any(each.stay(yesterday) is not None for each in worker.employments)
        } - entered
        if turning:
            break
    assert turning
    mark = {"as_of": (northwind.now - timedelta(days=1)).isoformat()}
    assert turning <= set(keys(northwind, full=False, watermark=mark))


def test_every_entity_is_looked_at_when_the_connection_is_tried(northwind: Tenant) -> None:
    found = {each.what: each for each in ADAPTER.test(northwind.reading())}
    assert all(each.ok for each in found.values())
    assert found["Count people"].detail == f"{len(keys(northwind))} people."
    northwind.server.hidden.update({"FOJobCode", "User"})
    bad = {each.what for each in ADAPTER.test(northwind.reading()) if not each.ok}
    assert bad == {"Read FOJobCode", "Read employmentNav/userNav"}


def test_trying_with_a_wrong_password_says_so_and_asks_nothing_else(northwind: Tenant) -> None:
    found = ADAPTER.test(northwind.reading(secrets={"password": "wrong"}))
    assert [each.ok for each in found] == [True, False]
    assert "LOGIN_FAILED" in found[1].detail
    assert "wrong" not in found[1].detail
    assert len(northwind.server.log) == 1


def test_trying_a_server_that_does_not_answer_says_so() -> None:
    with tenant(40, 1) as gone:
        reading = gone.reading()
    [finding] = ADAPTER.test(reading)
    assert not finding.ok
    assert "does not answer" in finding.detail


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": "https://api.example.com", "company": "N"},
        {"url": "ftp://api.example.com", "company": "N", "user": "U"},
        {"url": "https://api.example.com/odata", "company": "N", "user": "U"},
        {"url": "https://api.example.com", "company": "N", "user": "U", "login": "oauth"},
    ],
)
def test_settings_that_cannot_be_are_told(settings: dict[str, str]) -> None:
    with pytest.raises(CannotConnect):
        options(settings)


def test_the_settings_of_the_peer_are_what_the_set_up_asks_for(northwind: Tenant) -> None:
    schema = ADAPTER.settings_schema
    jsonschema.Draft202012Validator.check_schema(schema)
    assert all(each.get("title") for each in schema["properties"].values())
    for settings in (
        successfactors.settings(northwind.server.url),
        successfactors.oauth_settings(northwind.server.url),
    ):
        jsonschema.validate(settings, schema)
        assert options(settings).expand == EXPAND
    assert {*successfactors.secrets(), *successfactors.oauth_secrets()} == set(ADAPTER.secrets)


def test_the_peer_shows_today_unless_asked_for_other_days(northwind: Tenant) -> None:
    def slices(**asked: str) -> list[str]:
        answer = httpx.get(
            f"{northwind.server.url}/odata/v2/EmpJob",
            params={"$format": "json", **asked},
            auth=(f"{successfactors.USER}@{successfactors.COMPANY}", successfactors.PASSWORD),
        )
        return [each["userId"] for each in answer.json()["d"]["results"]]

    today, whole = slices(), slices(fromDate="1900-01-01", toDate="9999-12-31")
    assert len(set(today)) == len(today) < len(whole)
    assert slices(asOfDate="1999-01-01") == []
    assert slices(**{"$top": "3", "$skip": "2"}) == today[2:5]
