"""All simulators at once: what is printed is what a hub is connected with."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from connectors.models import PersonKey, System
from simulators import __main__ as all_of_them
from simulators.population import population

ROOT = Path(__file__).resolve().parents[2]
UNTIL = "2027-01-31"


def commands(printed: str, name: str) -> list[list[str]]:
    """Return the words behind manage.py of the printed commands of a name."""
    lines = (shlex.split(each) for each in printed.splitlines() if f"manage.py {name} " in each)
    return [each[3:] for each in lines]


def test_every_system_is_found_and_says_how_to_connect_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    words = ["--workers", "40", "--until", UNTIL, "--port", "0", "--folder", str(tmp_path)]

    def look() -> None:
        seen.append(capsys.readouterr().out)

    assert all_of_them.main(words, wait=look) == 0
    [printed] = seen
    modules = all_of_them.found()
    assert "oracle_hcm" in {each.ADAPTER for each in modules}
    for each in modules:
        assert each.TITLE in printed
        settings = json.loads((tmp_path / f"{each.ADAPTER}.json").read_text())
        assert json.dumps(settings) in printed
        for name in each.secrets():
            assert f"\n  {name}  " in printed
    assert "sftp://127.0.0.1:" in printed
    assert "PRIVATE KEY" not in printed
    assert (tmp_path / "files.private_key").stat().st_mode & 0o077 == 0
    assert "create_system" not in printed


def test_the_printed_commands_connect_a_hub_that_then_knows_the_company(
    database: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"Academy {uuid4().hex[:12]}"
    words = ["--workers", "40", "--until", UNTIL, "--port", "0", "--folder", str(tmp_path), "--connect"]
    told: dict[str, Any] = {}

    def connect() -> None:
        printed = capsys.readouterr().out
        for each in commands(printed, "create_system"):
            call_command("create_system", *each, stdout=StringIO())
        for each in commands(printed, "sync"):
            if "Oracle HCM Cloud" in each or "Nightly files" in each:
                out = StringIO()
                call_command("sync", *each, "--wait", stdout=out)
                told[each[-1]] = json.loads(out.getvalue())

    assert all_of_them.main([*words, "--store", store], wait=connect) == 0
    people = population(40, 3, 1, date.fromisoformat(UNTIL))
    assert {each["state"] for each in told.values()} == {"succeeded"}
    assert set(told) == {"Oracle HCM Cloud", "Nightly files"}
    oracle = System.objects.get(store__name=store, name="Oracle HCM Cloud")
    known = {each.number for each in people.workers}
    assert set(PersonKey.objects.filter(system=oracle).values_list("key", flat=True)) <= known
    files = System.objects.get(store__name=store, name="Nightly files")
    # Both tell of the same people.
    number = next(iter(sorted(known)))
    assert (
        len({each.person_id for each in PersonKey.objects.filter(key=number, system__in=(oracle, files))})
        == 1
    )


def test_files_of_another_day_have_higher_numbers(tmp_path: Path) -> None:
    people = population(40, 3, 1, date.fromisoformat(UNTIL))

    def sequences(day: date) -> list[int]:
        all_of_them.deliver(people, tmp_path, day)
        return sorted(json.loads(each.read_text())["sequence"] for each in tmp_path.glob("*.manifest.json"))

    one, other = sequences(date(2026, 6, 1)), sequences(date(2026, 6, 2))
    assert one == list(range(one[0], one[0] + len(one)))
    assert other[0] > one[-1]


def test_it_runs_in_the_foreground_until_it_is_told_to_end(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", "--workers", "40", "--port", "0", "--folder", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        try:
            for line in process.stdout:
                if line.startswith("Ctrl-C"):
                    break
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
