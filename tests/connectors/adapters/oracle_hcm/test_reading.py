"""What the adapter reads of a pod, by its own door: everybody once, whatever happens between pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from connectors.adapters import Page, RawRecord, Reading, oracle_hcm
from connectors.errors import Incomplete, NotAuthorized, SourceChanged, Throttled
from simulators import oracle_hcm as simulator
from simulators.server import Answer, Request, Server, json_answer, xml_answer
from tests.connectors.adapters.oracle_hcm.pod import TODAY, Connected, connected


def numbers(records: list[RawRecord]) -> list[str]:
    return [each.key for each in records]


def everybody(oracle: Connected) -> list[str]:
    """Return who is in the system at last, hires to come included."""
    known = oracle.clock.now
    return [
        each.number
        for each in oracle.people.workers
        if any(one.stay(known) is not None for one in each.employments)
    ]


def raws(records: list[RawRecord]) -> list[dict[str, Any]]:
    return [dict(each.raw) for each in records]


def soon_after_an_entry(oracle: Connected) -> None:
    """Go on to a moment from which the next reading overlaps with the last entry."""
    entered = (
        entry.entered
        for worker in oracle.people.workers
        for history in worker.histories()
        for entry in history.entries
    )
    until = oracle.clock.now + timedelta(days=2)
    oracle.clock.now = max(each for each in entered if each < until) + timedelta(minutes=5)


def test_everybody_is_read_once_with_ids_as_texts(oracle: Connected) -> None:
    oracle.settings = {"page": 7}
    records = oracle.records()
    assert numbers(records) == everybody(oracle)
    [first, *_] = records
    assert first.raw["PersonId"] == f"{300_000_100_000_000_000 + int(first.key)}"
    assert isinstance(first.raw["workRelationships"][0]["PeriodOfServiceId"], str)
    assert {each.broken for each in records} == {""}


def test_the_total_is_told_and_work_structures_come_first(oracle: Connected) -> None:
    pages = oracle.pages()
    kinds = [each.kind for page in pages for each in page.records]
    assert list(dict.fromkeys(kinds)) == ["unit", "job", "location", "worker"]
    assert pages[-1].total == len(kinds)


def test_children_are_read_to_their_ends() -> None:
    with connected() as whole, connected(child_limit=1) as cut:
        expected = whole.records()
        found = cut.records()
        assert raws(found) == raws(expected)
        assert any("/child/emails?" in each for each in cut.pod.asked)
        assert any("/child/workRelationships?" in each for each in cut.pod.asked)
        assert any("/child/assignments?" in each for each in cut.pod.asked)


def test_older_pods_give_children_as_bare_lists(oracle: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = raws(oracle.records())
    monkeypatch.setattr("connectors.adapters.oracle_hcm.client._HEADERS", {"REST-Framework-Version": "2"})
    assert raws(oracle.records()) == expected


def test_rows_that_move_up_between_pages_are_not_lost(oracle: Connected) -> None:
    oracle.settings = {"page": 7}
    there = everybody(oracle)
    oracle.pod.faults.arm("shift", 2)
    found = numbers(oracle.records())
    assert len(oracle.pod.hidden) == 2
    assert set(found) >= set(there) - oracle.pod.hidden
    assert len(set(found)) == len(found)


def test_a_page_of_rows_that_goes_away_is_not_a_page_that_is_skipped(oracle: Connected) -> None:
    oracle.settings = {"page": 5}
    there = everybody(oracle)
    pages = oracle_hcm.ADAPTER.read(oracle.reading())
    found: list[str] = []
    for page in pages:
        found += [each.key for each in page.records if each.kind == "worker"]
        if len(found) == 20:
            oracle.pod.hidden |= set(there[:13])
    assert sorted(found) == there


def test_rows_that_come_in_between_are_read_in_the_end(oracle: Connected) -> None:
    oracle.settings = {"page": 7}
    there = everybody(oracle)
    oracle.pod.hidden |= set(there[2:4])
    found: list[str] = []
    for page in oracle_hcm.ADAPTER.read(oracle.reading()):
        found += [each.key for each in page.records if each.kind == "worker"]
        if len(found) > 20:
            oracle.pod.hidden.clear()
    assert sorted(found) == there
    assert found[-2:] == there[2:4]


def test_a_run_goes_on_behind_any_of_its_checkpoints(oracle: Connected) -> None:
    oracle.settings = {"page": 7}
    pages = oracle.pages()
    keys = [each.key for page in pages for each in page.records]
    for place in (2, 5):
        done = [each.key for page in pages[: place + 1] for each in page.records]
        rest = oracle_hcm.ADAPTER.read(oracle.reading(checkpoint=pages[place].checkpoint))
        assert done + [each.key for page in rest for each in page.records] == keys


def test_what_was_is_and_will_be_so_is_told_row_by_row(oracle: Connected) -> None:
    oracle.settings = {"history_from": "2024-01-01"}
    several = 0
    for record in oracle.records():
        worker = oracle.people.worker_by_number[record.key]
        for engaged in record.raw["workRelationships"]:
            by_number: dict[str, list[Any]] = {}
            for row in engaged["assignments"]:
                by_number.setdefault(row["AssignmentNumber"], []).append(row)
            for number, rows in by_number.items():
                [held] = [
                    each for one in worker.employments for each in one.assignments if each.number == number
                ]
                told = [
                    (each.first.isoformat(), each.last.isoformat() if each.last else "4712-12-31")
                    for each in held.positions.slices(TODAY)
                ]
                found = [
                    (row["Slice"]["From"], row["Slice"]["To"])
                    for row in rows
                    if row["AssignmentStatusType"] != "INACTIVE"
                ]
                assert found == told, record.key
                several += len(rows) > 2
                assert all(
                    earlier["Slice"]["To"] < later["Slice"]["From"] for earlier, later in pairwise(rows)
                )
    assert several > 5


def test_a_manager_is_told_by_person_number(oracle: Connected) -> None:
    oracle.settings = {"page": 3}
    found = {
        each["ManagerPersonNumber"]
        for record in oracle.records()
        for engaged in record.raw["workRelationships"]
        for row in engaged["assignments"]
        for each in row["managers"]
    }
    assert found <= set(everybody(oracle))
    assert len(found) > 3
    looked_up = [each for each in oracle.pod.asked if "AssignmentNumber+IN" in each]
    assert 0 < len(looked_up) < 10


def test_a_manager_nobody_may_see_is_left_out(oracle: Connected) -> None:
    head = next(iter(oracle.people.units)).states.at(TODAY.date(), TODAY)
    assert head is not None
    oracle.pod.hidden.add(head.head)
    managers = [
        each
        for record in oracle.records()
        for engaged in record.raw["workRelationships"]
        for row in engaged["assignments"]
        for each in row["managers"]
    ]
    assert any("ManagerPersonNumber" not in each for each in managers)


def test_an_answer_that_is_cut_off_is_asked_for_again(oracle: Connected) -> None:
    oracle.pod.faults.malform(2)
    assert numbers(oracle.records()) == everybody(oracle)
    oracle.pod.faults.truncate(1)
    assert numbers(oracle.records()) == everybody(oracle)


def test_an_answer_that_stays_cut_off_ends_the_reading(oracle: Connected) -> None:
    oracle.pod.faults.malform(9)
    with pytest.raises(Incomplete, match="is no JSON"):
        oracle.pages()


def test_a_token_that_expires_is_renewed(oracle: Connected) -> None:
    settings = simulator.oauth_settings(oracle.pod.url) | {"page": 7}
    found: list[RawRecord] = []
    for page in oracle_hcm.ADAPTER.read(Reading(settings, oracle.secrets, TODAY, full=True)):
        found += [each for each in page.records if each.kind == "worker"]
        if 10 < len(found) < 15:
            oracle.pod.faults.expire_tokens()
    assert numbers(found) == everybody(oracle)
    assert sum(each.startswith("POST /oauth2/v1/token") for each in oracle.pod.asked) == 2


@pytest.mark.parametrize("auth", ["basic", "oauth2"])
def test_wrong_credentials_are_said_to_be_wrong(oracle: Connected, auth: str) -> None:
    if auth == "oauth2":
        oracle.settings = simulator.oauth_settings(oracle.pod.url)
    oracle.secrets = {"password": "wrong", "client_secret": "wrong"}
    with pytest.raises(NotAuthorized):
        oracle.pages()
    [finding] = oracle_hcm.ADAPTER.test(oracle.reading())
    assert (finding.what, finding.ok) == ("Connect", False)


def test_a_long_pause_is_left_to_the_engine(oracle: Connected) -> None:
    oracle.pod.faults.throttle(1, 900)
    with pytest.raises(Throttled) as throttled:
        oracle.pages()
    assert throttled.value.retry_after == 900


def test_trying_a_connection_looks_at_everything_it_needs(oracle: Connected) -> None:
    findings = oracle_hcm.ADAPTER.test(oracle.reading())
    assert all(each.ok for each in findings), findings
    assert [each.what for each in findings[:2]] == [
        "Connect and read workers",
        "Names, e-mail and work relationships",
    ]
    assert "Follow newhire" in [each.what for each in findings]
    oracle.settings = {"feeds": ["newhire", "newmoon"]}
    *_, last = oracle_hcm.ADAPTER.test(oracle.reading())
    assert (last.what, last.ok) == ("Follow newmoon", False)


def test_a_damaged_worker_does_not_keep_the_others(oracle: Connected) -> None:
    people = {each.key: each for each in oracle.records()}
    one, two, three = list(people)[:3]
    shown = oracle.pod.shown

    def spoiled(worker: Any, day: Any) -> Any:
        found = shown(worker, day)
        if worker.number == one:
            found["workRelationships"] = None
        if worker.number == two:
            found["names"] = {"items": "Ann"}
        if worker.number == three:
            del found["PersonNumber"]
        return found

    oracle.pod.shown = spoiled  # type: ignore[method-assign]  # what a pod shows of these three
    again = oracle.records()
    assert len(again) == len(people)
    assert [bool(each.broken) for each in again[:4]] == [True, True, True, False]
    assert "may the account see them" in again[0].broken


def test_feeds_say_who_changed_and_only_they_are_read_again(oracle: Connected) -> None:
    oracle.busy()
    oracle.pages()
    before = oracle.clock.now
    after = oracle.clock.on(days=2)
    changed = {each.number for each in oracle.people.changes(before, after)}
    assert changed
    oracle.pod.log.clear()
    found = oracle.records(full=False)
    assert set(numbers(found)) == changed
    assert oracle.watermark["as_of"] == after.isoformat()
    assert not any("offset=100" in each for each in oracle.pod.asked)


def test_an_entry_that_comes_again_is_known_again(oracle: Connected) -> None:
    oracle.busy()
    oracle.pages()
    soon_after_an_entry(oracle)
    oracle.pod.faults.arm("repeat", 9)
    found = numbers(oracle.records(full=False))
    assert found
    assert len(set(found)) == len(found)
    oracle.clock.on(minutes=5)
    assert oracle.records(full=False) == []
    assert oracle.watermark


def test_entries_that_were_purged_unread_ask_for_a_full_run(oracle: Connected) -> None:
    oracle.busy()
    oracle.pages()
    soon_after_an_entry(oracle)
    assert oracle.records(full=False)
    oracle.clock.on(minutes=5)
    oracle.pod.purged_before = oracle.clock.now
    oracle.records(full=False)
    assert oracle.watermark == {}


def test_feeds_that_lag_behind_ask_for_a_full_run(oracle: Connected) -> None:
    oracle.busy()
    oracle.pages()
    oracle.clock.on(days=2)
    oracle.pod.faults.arm("lag", 20)
    assert oracle.records(full=False)
    assert oracle.watermark == {}


def test_feeds_nobody_looked_at_for_long_are_not_trusted(oracle: Connected) -> None:
    oracle.pages()
    oracle.clock.on(days=10)
    oracle.records(full=False)
    assert oracle.watermark == {}


def test_changes_go_on_behind_a_checkpoint(oracle: Connected) -> None:
    oracle.watermark = {"as_of": "2025-06-15T00:00:00+00:00"}
    pages = list(oracle_hcm.ADAPTER.read(oracle.reading(full=False)))
    keys = sorted(each.key for page in pages for each in page.records if each.kind == "worker")
    assert len(keys) > 20
    first = next(at for at, page in enumerate(pages) if any(each.kind == "worker" for each in page.records))
    rest = oracle_hcm.ADAPTER.read(oracle.reading(full=False, checkpoint=pages[first].checkpoint))
    done: list[Page] = [*pages[: first + 1], *rest]
    assert sorted(each.key for page in done for each in page.records if each.kind == "worker") == keys


def test_a_hire_that_was_taken_back_is_rescinded_and_somebody_hidden_is_not() -> None:
    with connected() as oracle:
        oracle.clock.now = datetime(2026, 10, 18, 12, tzinfo=UTC)
        assert "0001060" in numbers(oracle.records())
        oracle.clock.on(days=2)
        changed = oracle.pages(full=False)
        records = {each.key: each for page in changed for each in page.records}
        assert records["0001060"].kind == "rescinded"
        oracle.clock.now = datetime(2026, 10, 18, 12, tzinfo=UTC)
        oracle.watermark = {"as_of": "2026-08-17T12:00:00+00:00", "feeds": {}}
        oracle.clock.on(days=1)
        others = {each.key for page in oracle.pages(full=False) for each in page.records} - {"0001060"}
        hidden = next(each for each in sorted(others) if each in oracle.people.worker_by_number)
        oracle.pod.hidden.add(hidden)
        oracle.watermark = {"as_of": "2026-08-17T12:00:00+00:00", "feeds": {}}
        [record] = [each for page in oracle.pages(full=False) for each in page.records if each.key == hidden]
        assert record.kind == "worker"
        assert "REST shows none" in record.broken


def other(answer: Answer) -> Server:
    """Return a server that answers everything alike."""
    server = Server()

    @server.before
    def always(request: Request) -> Answer:
        return answer

    return server


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"title": "Workers"}, "no collection of rows"),
        ({"items": [], "hasMore": True}, "gives none"),
        ({"items": [{"PersonId": 30}, {"PersonId": 7}], "hasMore": False}, "order of PersonId"),
    ],
)
def test_what_is_no_pod_any_more_is_said_to_have_changed(values: dict[str, Any], said: str) -> None:
    with other(json_answer(values)) as server:
        settings = {"url": server.url, "username": "hub", "allow_private": True}
        reading = Reading(settings, simulator.secrets(), TODAY, full=True)
        with pytest.raises(SourceChanged, match=said):
            list(oracle_hcm.ADAPTER.read(reading))


BOMB = '<!DOCTYPE feed [<!ENTITY a "aaaa">]><feed xmlns="http://www.w3.org/2005/Atom"><id>&a;</id></feed>'
ELSEWHERE = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><link rel="next" href="http://127.0.0.2/feed"/>'
    "<entry><id>1</id><updated>2026-06-15T00:00:00Z</updated></entry></feed>"
)


@pytest.mark.parametrize(
    ("document", "error", "said"),
    [
        (BOMB, SourceChanged, "document type or entities"),
        ("<feed", Incomplete, "cut off"),
        ("<html/>", SourceChanged, "no Atom feed"),
        (ELSEWHERE, SourceChanged, "leads elsewhere"),
    ],
)
def test_a_feed_that_is_none_is_refused(document: str, error: type[Exception], said: str) -> None:
    with other(xml_answer(document)) as server:
        settings = {"url": server.url, "username": "hub", "allow_private": True}
        reading = Reading(
            settings, simulator.secrets(), TODAY, full=False, watermark={"as_of": TODAY.isoformat()}
        )
        with pytest.raises(error, match=said):
            list(oracle_hcm.ADAPTER.read(reading))


NOBODY = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><entry><id>1</id>'
    '<updated>2026-06-15T11:59:00Z</updated><content type="text">{"Context": [{}]}</content></entry></feed>'
)


def test_an_entry_that_does_not_say_whom_it_is_about_asks_for_a_full_run() -> None:
    with other(xml_answer(NOBODY)) as server:
        settings = {"url": server.url, "username": "hub", "allow_private": True}
        before = {"as_of": (TODAY - timedelta(minutes=10)).isoformat()}
        reading = Reading(settings, simulator.secrets(), TODAY, full=False, watermark=before)
        [page] = oracle_hcm.ADAPTER.read(reading)
        assert page.records == ()
        assert oracle_hcm.ADAPTER.watermark(reading, page.checkpoint) == {}


def test_a_work_structure_is_read_again_when_its_feed_says_so(oracle: Connected) -> None:
    turns = {
        each.entered for unit in oracle.people.units for each in unit.states.entries if each.entered < TODAY
    }
    oracle.clock.now = max(turns) - timedelta(days=1)
    oracle.pages()
    oracle.clock.on(days=2)
    pages = oracle.pages(full=False)
    kinds = [each.kind for page in pages for each in page.records]
    assert kinds.count("unit") == len(oracle.people.units)
    assert kinds[0] == "unit"
    oracle.clock.on(days=2)
    assert oracle.records(full=False, kind="unit") == []
