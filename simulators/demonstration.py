"""`python -m simulators.demonstration`: three HR systems, two LMSs and what the hub makes of them, in steps.

In: a hub that runs (`make serve`) and the simulated systems (`make simulators`, of the same size and seed).
Out: a record store of its own in which SuccessFactors, nightly files and Workday are synchronised, the
process that reads Workday is killed in mid-run, Moodle and Totara post as the same people under other
identifiers, HR back-dates a transfer, and an upgrade of the HR system breaks twelve fields. Each step says
what came of it. Nothing of other stores is touched.

It works beside the hub, with the hub's own settings in the environment: the hub's workers take over the run
that was killed, derive contexts and raise alerts; this program looks on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from datetime import time as clock
from io import StringIO
from pathlib import Path
from typing import Any

from simulators import lms, sftp
from simulators.population import Population, Worker, population

#: The system whose nightly file tells of the transfer, and the one whose run is killed.
FILES, KILLED = "Nightly files", "Workday"
#: Adapter → how the connection is called, and whose word counts first: the lowest number. The nightly file is
#: the system of record here, so that what it back-dates shows.
SYSTEMS: Mapping[str, tuple[str, int]] = {
    "successfactors": ("SAP SuccessFactors", 300),
    "files": (FILES, 100),
    "workday": (KILLED, 200),
}
#: What the upgrade calls twelve of the columns from then on.
RENAMED: Mapping[str, str] = {
    "status": "EmployeeStatus",
    "hire_date": "HireDate",
    "term_date": "TerminationDate",
    "first_name": "GivenName",
    "last_name": "FamilyName",
    "email": "WorkEmail",
    "job_code": "JobProfile",
    "job_title": "BusinessTitle",
    "org_code": "SupervisoryOrg",
    "location": "WorkLocation",
    "manager_id": "ManagerNumber",
    "worker_type": "WorkerKind",
}
#: Seconds the hub is waited for at each step.
PATIENCE = 900.0
_LOOK_AGAIN = 1.0
#: Seconds between two looks at a run that is to be killed.
_LOOK_CLOSELY = 0.005
_ROOT = Path(__file__).resolve().parents[1]

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Derived:
    """Under which context a statement counts now."""

    statement_id: str
    moment: datetime
    person: int | None
    unit: int | None
    #: Since when the hub says so.
    recorded: datetime


@dataclass(slots=True)
class Demonstration:
    """One run of it."""

    store: str
    people: Population
    folder: Path
    say: Say
    #: Waits until the hub has derived all there is to derive.
    settle: Callable[[], None]
    #: Waits until the hub has looked for what needs somebody.
    watch: Callable[[Callable[[], bool]], None]
    #: Waits until a run whose process is dead was brought to its end by another.
    take_over: Callable[[int], None]
    #: Of processes that are started.
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def connect(self) -> list[dict[str, Any]]:
        """Connect the HR systems and read all but one; return what each run counted."""
        from connectors.models import System
        from simulators.__main__ import deliver

        deliver(self.people, self.folder / "deliveries")
        runs = []
        for adapter, (name, precedence) in SYSTEMS.items():
            words = ["--store", self.store, "--name", name, "--adapter", adapter]
            words += ["--settings-file", str(self.folder / f"{adapter}.json"), "--state", "live"]
            for path in sorted(self.folder.glob(f"{adapter}.*")):
                if path.suffix != ".json":
                    words += ["--secret", f"{path.suffix[1:]}=@{path}"]
            # Contractors have another number in Workday, but the same user name.
            words += ["--match-by", "employee_number", "--match-by", "user_name", "--namespace", "HR"]
            _command("create_system", *words)
            System.objects.filter(store__name=self.store, name=name).update(precedence=precedence)
            if name != KILLED:
                runs.append(self.sync(name))
        # The full file is a week old; what changed each night since comes behind it.
        return [*runs, self.sync(FILES, "--changes")]

    def sync(self, name: str, how: str = "--full") -> dict[str, Any]:
        """Read a system; return what the run counted."""
        began = time.monotonic()
        found = _command("sync", "--store", self.store, "--system", name, how, "--wait")
        seconds = time.monotonic() - began
        self.say(f"  {name}: {found['records']:,} records in {seconds:.1f} s: {_counted(found)}")
        return found

    def kill(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Kill the process that reads a system in the middle of it; return what the run counted when another
        had brought it to its end, and what reading all once more counts."""
        from connectors.models import SyncRun

        words = ["manage.py", "sync", "--store", self.store, "--system", KILLED, "--wait"]
        process = subprocess.Popen(  # noqa: S603  this program's own words
            [sys.executable, *words],
            cwd=_ROOT,
            env=dict(self.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        runs = SyncRun.objects.filter(system__store__name=self.store, system__name=KILLED)
        while process.poll() is None and not runs.filter(records__gt=0).exists():
            time.sleep(_LOOK_CLOSELY)
        process.kill()
        process.wait()
        run = runs.get()
        self.say(f"  Killed: its process, after {run.records:,} records. The run is {_state(run)}.")
        began = time.monotonic()
        killed = run.state == "running"
        self.take_over(run.pk)
        run.refresh_from_db()
        found = {each: getattr(run, f"{each}_count") for each in _COUNTS}
        found |= {"records": run.records, "state": run.state if killed else "not killed in time"}
        self.say(
            f"  After {time.monotonic() - began:.0f} s another process has brought it to its end, as attempt "
            f"{run.attempts}: {run.records:,} records: {_counted(found)}"
        )
        return found, self.sync(KILLED)

    def post(self, statements: int, endpoint: str, *, now: datetime | None = None) -> int:
        """Post as both LMSs, link Moodle's accounts by a file, and wait for contexts; return how many have
        one."""
        learners: dict[str, dict[str, Worker]] = {}
        for style, system in lms.SYSTEMS.items():
            made = _command("create_credential", "--store", self.store, "--source", system.title, *_ALL)
            began = time.monotonic()
            mine = learners.setdefault(style, {})
            lms.post(
                _noting(mine, lms.statements(self.people, system, now=now)),
                endpoint=endpoint,
                key=made["key"],
                secret=made["secret"],
                count=statements,
            )
            seconds = time.monotonic() - began
            self.say(f"  {system.title} ({style}) posted {statements:,} statements in {seconds:.1f} s")
        began = time.monotonic()
        self.settle()
        links = self.folder / "moodle-links.csv"
        known = replace(self.people, workers=tuple(learners["moodle"].values()))
        lms.links(known, lms.SYSTEMS["moodle"], links)
        linked = _command("link_actors", str(links), "--store", self.store)
        self.say(f"  Moodle's accounts linked by a file: {json.dumps(linked)}")
        self.settle()
        now_so = self.derived()
        told = sum(each.unit is not None for each in now_so.values())
        waited = time.monotonic() - began
        self.say(f"  {told:,} of {len(now_so):,} statements have a department, {waited:.1f} s after the last")
        return told

    def transfer(self) -> tuple[set[str], set[str]]:
        """Have HR back-date a transfer; return the statements derived again, and those that had to be."""
        number, person, day, unit = self._somebody()
        before = self.derived()
        row = self._row(number) | {"org_code": unit, "effective_from": day.isoformat()}
        self._deliver([row], full=False)
        self.say(f"  Worker {number} moves to {unit} as of {day}, entered today")
        self.sync(FILES, "--changes")
        self.settle()
        after = self.derived()
        again = {key for key, each in after.items() if before.get(key) != each}
        begins = datetime.combine(day, clock(), UTC)
        wanted = {key for key, each in after.items() if each.person == person and each.moment >= begins}
        mine = sorted(
            (each for each in after.values() if each.person == person), key=lambda each: each.moment
        )
        for each in mine:
            mark = "derived again" if each.statement_id in again else "untouched"
            self.say(f"    {each.moment:%Y-%m-%d}  {each.statement_id}  {mark}")
        self.say(
            f"  {len(again):,} of {len(after):,} statements were derived again; "
            f"{len(wanted):,} are this worker's from that day on; "
            + ("the same ones." if again == wanted else "NOT the same ones.")
        )
        return again, wanted

    def upgrade(self) -> tuple[dict[str, Any], str]:
        """Have an upgrade rename twelve columns; return what the run counted, and the text of the alert."""
        from connectors.models import Alert, DriftFinding

        header = [RENAMED.get(each, each) for each in (*sftp.HEADER, "action")]
        rows = ({RENAMED.get(name, name): each for name, each in row.items()} for row in self.rows())
        self._deliver(rows, full=True, header=header)
        counted = self.sync(FILES)
        alerts = Alert.objects.filter(store__name=self.store, kind="drift", cleared=None)
        began = time.monotonic()
        self.watch(alerts.exists)
        found = DriftFinding.objects.filter(system__store__name=self.store, state="open").order_by("path")
        for each in found:
            renamed = f" → {each.proposal} ({each.confidence:.0%})" if each.proposal else ""
            self.say(f"    {each.get_kind_display()}: {each.path}{renamed}")
        text = alerts.values_list("text", flat=True).first() or ""
        self.say(f"  Alert after {time.monotonic() - began:.0f} s: {text or 'NONE'}")
        return counted, text

    def derived(self) -> dict[str, Derived]:
        """Return under which context each statement of the store counts now."""
        from django.apps import apps

        from connectors.models import Context, StatementContext

        store = apps.get_model("lrs", "Store").objects.get(name=self.store)
        ids = dict(
            apps.get_model("lrs", "Statement")
            .objects.filter(store_id=store.pk)
            .values_list("seq", "statement_id")
        )
        rows = list(StatementContext.objects.filter(store_id=store.pk, recorded_to=None))
        of = Context.objects.in_bulk([each.context_id for each in rows if each.context_id])
        found = {}
        for each in rows:
            context = of.get(each.context_id) if each.context_id else None
            key = str(ids[each.seq])
            person, unit = (None, None) if context is None else (context.person_id, context.unit_id)
            found[key] = Derived(key, each.moment, person, unit, each.recorded_from)
        return found

    def _somebody(self) -> tuple[str, int, date, str]:
        """Return a worker who learned before and after some day, that day, and another unit to move to."""
        from connectors.models import PersonKey

        number_of = dict(
            PersonKey.objects.filter(system__store__name=self.store, system__name=FILES).values_list(
                "person_id", "key"
            )
        )
        known = {row["worker_id"]: row for row in self.rows() if row["status"] == "Active"}
        moments: dict[int, list[datetime]] = {}
        for each in self.derived().values():
            if each.person in number_of and each.unit and number_of[each.person] in known:
                moments.setdefault(each.person, []).append(each.moment)
        person, learned = max(moments.items(), key=lambda item: (len({m.date() for m in item[1]}), item[0]))
        days = sorted({each.date() for each in learned})
        number = number_of[person]
        own = known[number]["org_code"]
        unit = next(code for row in known.values() if (code := row.get("org_code", "")) not in ("", own))
        return number, person, days[len(days) // 2], unit

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield every worker as the file of last night would tell them."""
        known = datetime.now(UTC)
        yield from (sftp.row(each, known) for each in self.people.as_of(_today(self.people), known))

    def _row(self, number: str) -> dict[str, str]:
        return next(each for each in self.rows() if each["worker_id"] == number)

    def _deliver(self, rows: Any, *, full: bool, header: Any = (*sftp.HEADER, "action")) -> None:
        folder = self.folder / "deliveries"
        taken = [json.loads(each.read_text())["sequence"] for each in folder.rglob("*.manifest.json")]
        sftp.deliver(
            folder,
            rows,
            day=_today(self.people),
            sequence=max(taken, default=0) + 1,
            full=full,
            header=header,
        )


_ALL = ("--scope", "all")
_COUNTS = ("created", "changed", "unchanged", "ended", "refused")


def demonstrate(shown: Demonstration, *, statements: int, endpoint: str) -> bool:
    """Show all of it; return whether everything came out as it should."""
    say = shown.say
    say("1. Three HR systems are connected, and two of them read")
    runs = shown.connect()
    say("2. The third is read, and its process killed in the middle of it")
    resumed, once_more = shown.kill()
    say("3. Two LMSs post as the same people under identifiers of their own")
    told = shown.post(statements, endpoint)
    say("4. HR back-dates a transfer")
    again, wanted = shown.transfer()
    say("5. An upgrade of the HR system breaks twelve mapped fields")
    upgraded, alert = shown.upgrade()
    return (
        all(each["state"] == "succeeded" for each in (*runs, resumed, once_more, upgraded))
        and resumed["created"] == sum(1 for _ in shown.rows())
        and once_more["unchanged"] == once_more["records"] == resumed["records"]
        and told > statements
        and bool(again)
        and again == wanted
        and not upgraded["changed"] + upgraded["ended"]
        and bool(alert)
    )


def settled() -> None:
    """Wait until the hub's workers have derived everything. Raises TimeoutError where they do not."""
    from connectors import changes
    from connectors.enrichment import consume, follow
    from lrs import feed

    _await(lambda: not feed.lag(consume.CONSUMER).statements and not changes.waiting(follow.CONSUMER))


def taken_over(run_id: int) -> None:
    """Wait until the hub's workers have found that a run lost its process, and brought it to its end."""
    from connectors.models import SyncRun

    _await(lambda: not SyncRun.objects.filter(pk=run_id, state__in=("waiting", "running")).exists())


def _await(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError("The hub does not get on. Is `make serve` running?")
        time.sleep(_LOOK_AGAIN)


def _counted(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{found[each]:,} {each}" for each in _COUNTS)


def _state(run: Any) -> str:
    return str(run.get_state_display()).lower()


def _noting(learners: dict[str, Worker], made: Iterator[tuple[Worker, Any]]) -> Iterator[Any]:
    """Yield the statements, and note whose they are."""
    for worker, statement in made:
        learners[worker.number] = worker
        yield statement


def _command(name: str, *words: str) -> dict[str, Any]:
    from django.core.management import call_command

    out = StringIO()
    call_command(name, *words, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue().strip().splitlines()[-1])
    return found


def _today(people: Population) -> date:
    return min(datetime.now(UTC).date(), people.until)


def main(words: list[str] | None = None) -> int:
    """Show it as asked for on the command line."""
    parser = argparse.ArgumentParser(
        "python -m simulators.demonstration", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--endpoint", default=f"http://localhost:{os.environ.get('PORT', '8000')}/xapi/")
    parser.add_argument("--folder", type=Path, default=Path("var/simulators"), help="As of the simulators.")
    parser.add_argument("--workers", type=int, default=10_000, help="As of the simulators.")
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=date.fromisoformat, help="The population's last day.")
    parser.add_argument("--statements", type=int, default=5_000, metavar="N", help="Of each LMS.")
    parser.add_argument("--store", default=f"Demonstration {datetime.now(UTC):%Y-%m-%d %H:%M:%S}")
    asked = parser.parse_args(words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    # What the hub's own processes would log of it is told here in words.
    os.environ.setdefault("HUB_LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from simulators.__main__ import horizon

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    say(f"Record store: {asked.store}")
    people = population(asked.workers, asked.years, asked.seed, asked.until or horizon())
    shown = Demonstration(asked.store, people, asked.folder, say, settled, _await, taken_over)
    good = demonstrate(shown, statements=asked.statements, endpoint=asked.endpoint)
    say("All as it should be." if good else "Something is not as it should be: see above.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
