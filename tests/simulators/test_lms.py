"""Simulated LMSs: their statements are taken by a hub, and tied to the people they are about."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from connectors import vault
from connectors.identity import actors, link, standing
from connectors.mapping import lifecycle
from connectors.models import Actor, ActorLink, PersonKey, StatementContext, System
from connectors.sync import run as runs
from simulators import lms, oracle_hcm
from simulators.population import Population, Worker, population
from tests.connectors.learning import caught_up
from tests.connectors.people import hris
from tests.live import Lms

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
COUNT = 60


@pytest.fixture(scope="module")
def people() -> Population:
    return population(40, 3, 2, date(2026, 6, 30))


@pytest.fixture
def posting(berlin: Lms) -> Lms:
    """Berlin, as a system that posts; nothing of other tests is remembered."""
    actors.forget()
    standing.forget()
    return berlin


def known_to_hr(posting: Lms, people: Population) -> System:
    """Have the HR system of the company synchronised into the store the LMS posts into."""
    store = apps.get_model("lrs", "Store").objects.get(pk=posting.store_id)
    with oracle_hcm.simulate(people, now=lambda: NOW + timedelta(days=30)) as pod:
        settings = {**oracle_hcm.settings(pod.url), "history_from": "2023-01-01"}
        system = hris("Oracle", store=store, adapter="oracle_hcm", state="live", settings=settings)
        for name, secret in oracle_hcm.secrets().items():
            vault.keep(system, name, secret)
        lifecycle.adopt(system)
        assert runs.carry_on(runs.start(system, wake=False).pk).state == "succeeded"
    return system


def posted(posting: Lms, people: Population, style: str) -> dict[str, Worker]:
    """Post some statements; return whose each is."""
    made = list(islice(lms.statements(people, lms.SYSTEMS[style], now=NOW), COUNT))
    sent = lms.post(
        iter([statement for _, statement in made]),
        endpoint=posting.endpoint,
        key=posting.key,
        secret=posting.secret,
        count=COUNT,
    )
    assert sent == COUNT
    return {statement["id"]: worker for worker, statement in made}


def resolved(posting: Lms, system: System) -> Iterator[tuple[str, str | None]]:
    """Yield each statement, and the number of the worker it counts for."""
    keys = dict(PersonKey.objects.filter(system=system).values_list("person_id", "key"))
    rows = dict(
        apps.get_model("lrs", "Statement")
        .objects.filter(store_id=posting.store_id)
        .values_list("seq", "statement_id")
    )
    linked = dict(ActorLink.objects.filter(actor__store_id=posting.store_id).values_list("pk", "person_id"))
    for each in StatementContext.objects.filter(store_id=posting.store_id, recorded_to=None):
        person = linked[each.link_id] if each.link_id else None
        yield str(rows[each.seq]), keys[person] if person else None


@pytest.mark.live
def test_mail_addresses_hashes_and_numbers_lead_to_the_right_people(posting: Lms, people: Population) -> None:
    system = known_to_hr(posting, people)
    whose = posted(posting, people, "mail")
    caught_up()
    found = dict(resolved(posting, system))
    assert found == {own: worker.number for own, worker in whose.items()}


@pytest.mark.live
def test_user_ids_of_moodle_lead_to_people_once_somebody_links_them(
    posting: Lms, people: Population, tmp_path: Path
) -> None:
    system = known_to_hr(posting, people)
    whose = posted(posting, people, "moodle")
    caught_up()
    assert {each for _, each in resolved(posting, system)} == {None}
    path = tmp_path / "links.csv"
    lms.links(people, lms.SYSTEMS["moodle"], path)
    with path.open(encoding="utf-8", newline="") as file:
        numbers = {row["account_name"]: row["employee_number"] for row in csv.DictReader(file)}
    person = dict(PersonKey.objects.filter(system=system).values_list("key", "person_id"))
    for each in Actor.objects.filter(store_id=posting.store_id):
        link.link(each.pk, person[numbers[each.value]])
    caught_up()
    assert dict(resolved(posting, system)) == {own: worker.number for own, worker in whose.items()}


@pytest.mark.live
def test_posting_the_same_again_changes_nothing(posting: Lms, people: Population) -> None:
    posted(posting, people, "mail")
    posted(posting, people, "mail")
    stored = apps.get_model("lrs", "Statement").objects.filter(store_id=posting.store_id)
    assert stored.count() == COUNT


@pytest.mark.live
def test_the_command_posts_what_it_is_asked_for_and_says_when_it_may_not(
    posting: Lms, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--endpoint", posting.endpoint, "--key", posting.key, "--statements", "7", "--rate", "100"]
    size = ["--workers", "40", "--until", "2026-06-30", "--style", "moodle"]
    links = tmp_path / "links.csv"
    assert lms.main([*words, *size, "--secret", posting.secret, "--links", str(links)]) == 0
    assert capsys.readouterr().out == "Moodle posted 7 statements.\n"
    assert len(links.read_text().splitlines()) == 41
    assert lms.main([*words, *size, "--secret", "wrong"]) == 1
    assert "401 " in capsys.readouterr().err


def test_people_learn_only_while_they_work_and_over_three_years(people: Population) -> None:
    days: list[date] = []
    for worker, statement in islice(lms.statements(people, lms.SYSTEMS["mail"], now=NOW), 300):
        day = datetime.fromisoformat(statement["timestamp"]).date()
        found = worker.at(day)
        assert found is not None
        assert found.current.primary is not None
        days.append(day)
    assert max(days) < NOW.date()
    assert max(days) - min(days) > timedelta(days=900)


def test_the_same_seed_gives_the_same_statements_and_each_system_others(people: Population) -> None:
    def some(style: str, seed: int) -> list[Any]:
        made = lms.statements(people, lms.SYSTEMS[style], seed=seed, now=NOW)
        return [statement for _, statement in islice(made, 20)]

    assert some("mail", 1) == some("mail", 1)
    assert some("mail", 1) != some("mail", 2)
    ids = {each["id"] for style in lms.SYSTEMS for each in some(style, 1)}
    assert len(ids) == 40
    assert {next(iter(each["actor"].keys() - {"objectType", "name"})) for each in some("mail", 1)} == {
        "mbox",
        "mbox_sha1sum",
        "account",
    }
