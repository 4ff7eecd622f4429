"""What is run, in which order, and which ratios come of it.

In: `Options`. Out: `Report`. At a small size and at the full one: fill, ask the thirteen shapes, then
rounds of writing in which system and floors take turns, with a checkpoint before each, so that all of
them meet the machine in the same mood.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import orjson

from benchmarks import (
    consumers,
    crew,
    floors,
    footprint,
    machine,
    pieces,
    queries,
    roster,
    sample,
    status,
    steady,
)
from benchmarks.hub import FLOOR_DATABASE, ROWS_DATABASE, Hub, running
from benchmarks.report import Report, Row

CONNECTIONS = 4
#: The steady pace at which contexts are timed, and for how long.
STEADY, STEADY_SECONDS = 200, 45.0
BATCH = 50
#: More than any connection writes in a second, so that nobody runs out of prepared statements.
_MOST_A_SECOND = {BATCH: 7_000, 1: 2_500}
#: How much faster a round may be than the fastest before it.
_AT_MOST_FASTER = 1.7
#: Statements the row-at-a-time store is timed with.
_ROWS_COUNT = 1_000

HTTP, FLOOR = "HTTP, batches of 50", "floor: multi-row insert, batches of 50"
HTTP_FILE, FLOOR_FILE = "HTTP, batches of 50 from the file", "floor: the same from the file"
HTTP_SINGLE, FLOOR_SINGLE = "HTTP, single statements", "floor: single-row insert"
ROWS, ROWS_SINGLE = "row-at-a-time store, batches of 50", "row-at-a-time store, single statements"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked on the command line."""

    statements: int
    base: int
    rounds: int
    seconds: float
    samples: int
    workers: int
    folder: Path
    port: int
    with_worker: bool
    #: Statements of a real system, and the row-at-a-time store, where they are at hand.
    statements_file: Path | None
    row_floor: Path | None


def run(options: Options) -> Report:
    """Run everything."""
    facts = machine.facts(options.folder)
    ticks = machine.processor_ticks()
    began = time.monotonic()
    with running(options.folder, port=options.port, with_worker=options.with_worker) as hub:
        run_ = _Run(options, hub, facts)
        run_.everything()
        facts["stolen meanwhile"] = machine.stolen_since(ticks)
        facts["took"] = f"{(time.monotonic() - began) / 60:.1f} min"
    return run_.report


@dataclass
class _Run:
    options: Options
    hub: Hub
    facts: dict[str, str]
    report: Report = field(init=False)
    #: The next session of the loader, and the next one to be posted.
    loaded: int = 0
    posted: int = sample.POSTED
    #: The best rate of each job so far.
    reached: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.report = Report(
            machine=self.facts,
            settings={
                "PostgreSQL": self.hub.postgresql,
                "web processes × threads": f"{self.hub.workers} × {self.hub.threads}",
                "Celery worker": "running meanwhile" if self.options.with_worker else "off",
                "statements loaded": f"{self.options.base:,}, then {self.options.statements:,}",
                "rounds": f"{self.options.rounds} of {self.options.seconds:g} s",
            },
        )

    def everything(self) -> None:
        options, report = self.options, self.report
        say("steps of one statement")
        report.pieces = pieces.measure(batches=40, rounds=max(5, options.rounds))
        self.fill(options.base)
        self.ask(options.base)
        say(f"writing at {options.base:,}")
        small = self.write_rounds(everything=True)
        report.rates |= small
        large: Mapping[str, Sequence[float]] = {}
        if options.statements > options.base:
            self.fill(options.statements - options.base)
            self.ask(options.statements)
            say(f"writing at {options.statements:,}")
            large = self.write_rounds(everything=False)
            report.rates |= {f"{name}, at {options.statements:,}": rates for name, rates in large.items()}
        if options.with_worker:
            report.remarks.append("Consumers were not timed: the Celery worker ran them meanwhile.")
        else:
            say(f"roster of {options.workers:,} workers")
            report.roster = roster.measure(
                options.folder,
                workers=options.workers,
                hub=self.hub.dsns["hub"],
                floor=self.hub.dsns[FLOOR_DATABASE],
            )
            self.vacuum()
            say("changes of the workforce")
            report.rates["changes of the workforce followed"] = [consumers.follow_changes()]
            say("status of everybody under every requirement, on days long past")
            report.status = status.measure(hub=self.hub.dsns["hub"])
            self.vacuum()
            say("consumers of the feed")
            report.consumers = consumers.measure(most=min(50_000, options.statements))
            self.catch_up()
            say(f"contexts at {STEADY} statements a second")
            self.hub.start_worker()
            report.steady = steady.measure(
                self.hub, rate=STEADY, seconds=STEADY_SECONDS, first_session=self.posted
            )
        report.memory = footprint.memory(self.hub.pids)
        self.checkpoint()
        report.statements, report.relations = footprint.disk(self.hub.dsns["hub"])
        report.rows = [
            *self.write_rows(small, large), *self.read_rows(), *self.roster_rows(), *self.status_rows()
        ]  # fmt: skip

    def catch_up(self) -> None:
        """Put the consumers at the end of the feed: what was loaded past HTTP is not what is timed now."""
        self.execute(
            "UPDATE lrs_feed_cursor c SET (xid, seq) = (s.xid, s.seq)"
            " FROM (SELECT xid, seq FROM lrs_statement ORDER BY xid DESC, seq DESC LIMIT 1) s"
        )
        self.execute(
            "UPDATE compliance_log_source c SET (xid, key) = (s.xid::text::bigint, s.seq)"
            " FROM (SELECT xid, seq FROM lrs_statement ORDER BY xid DESC, seq DESC LIMIT 1) s"
            " WHERE c.kind = 'statement'"
        )

    def fill(self, count: int) -> None:
        """Load `count` more statements, in as many processes as there are processors."""
        members = max(1, os.cpu_count() or 1)
        held = self.loaded * sample.SESSION_STATEMENTS
        share = -(-count // members)
        say(f"loading {count:,} statements")
        jobs = []
        for number in range(members):
            jobs.append({"first_session": self.loaded, "count": share, "tells": number == 0})
            self.loaded += sample.sessions_for(share)
        done = crew.run("benchmarks.load:fill", jobs, seconds=float("inf"))
        self.report.rates[f"loader, {count:,} after {held:,}"] = [done.rate]
        say(f"  {done.rate:,.0f}/s")
        self.vacuum()

    def ask(self, size: int) -> None:
        say(f"thirteen shapes of query at {size:,}")
        self.report.queries[size] = queries.measure(self.hub, self.held(), samples=self.options.samples)

    def held(self) -> queries.Held:
        import psycopg

        with psycopg.connect(self.hub.dsns["hub"]) as connection:
            row = connection.execute("SELECT min(stored), max(stored) FROM lrs_statement").fetchone()
        if row is None:
            raise SystemExit("The store is empty.")
        return queries.Held(sessions=self.loaded, first=row[0], last=row[1])

    def write_rounds(self, *, everything: bool) -> Mapping[str, Sequence[float]]:
        """Let system and floors write in turns; the first round warms up and does not count.

        The web processes start anew, so that they know as little at the large size as at the small one.
        """
        self.hub.restart_web()
        jobs = self.jobs() if everything else [name for name in self.jobs() if name in (HTTP, FLOOR)]
        rates: dict[str, list[float]] = {name: [] for name in jobs}
        for number in range(self.options.rounds + 1):
            for name in jobs:
                warming = number == 0
                if warming and name in (ROWS, ROWS_SINGLE):
                    continue
                rate, cost = self.write(name, seconds=self.options.seconds)
                say(f"  {'warming' if warming else f'round {number}'}: {name} {rate:,.0f}/s")
                if warming:
                    continue
                rates[name].append(rate)
                if cost is not None:
                    known = self.report.clients.get(name, [])
                    self.report.clients[name] = [*known, cost * 1e6]
        return rates

    def jobs(self) -> list[str]:
        names = [HTTP, FLOOR, HTTP_SINGLE, FLOOR_SINGLE]
        if self.options.statements_file is not None:
            names += [HTTP_FILE, FLOOR_FILE]
        if self.options.row_floor is not None:
            names += [ROWS, ROWS_SINGLE]
        return names

    def write(self, name: str, *, seconds: float) -> tuple[float, float | None]:
        """Run one job; return statements a second and the client's processor seconds a statement."""
        self.checkpoint()
        if name in (ROWS, ROWS_SINGLE):
            return self.write_rows_one_by_one(batch=BATCH if name == ROWS else 1), None
        batch = 1 if name in (HTTP_SINGLE, FLOOR_SINGLE) else BATCH
        known = self.reached.get(name)
        a_second = _MOST_A_SECOND[batch] if known is None else _AT_MOST_FASTER * known / CONNECTIONS
        most = max(batch, int(seconds * a_second))
        members = []
        for number in range(CONNECTIONS):
            common = {
                "batch": batch,
                "most": most,
                "first_session": self.posted,
                "file": str(self.options.statements_file) if name in (HTTP_FILE, FLOOR_FILE) else "",
            }
            self.posted += sample.sessions_for(most)
            if name.startswith("HTTP"):
                hub = self.hub
                members.append(
                    {**common, "host": hub.host, "port": hub.port, "authorization": hub.authorization}
                )
            else:
                members.append({**common, "dsn": self.hub.dsns[FLOOR_DATABASE], "member": number})
        if name.startswith("HTTP"):
            done = crew.run("benchmarks.system:post", members, seconds=seconds)
        else:
            done = crew.run(
                "benchmarks.floors:insert",
                members,
                seconds=seconds,
                environment={"DATABASE_URL": self.hub.floor_url},
            )
        self.reached[name] = max(done.rate, self.reached.get(name, 0.0))
        return done.rate, done.cpu_per_statement

    def write_rows_one_by_one(self, *, batch: int) -> float:
        program = self.options.row_floor
        if program is None:
            raise AssertionError("only asked for where the program is")
        path = self.options.folder / "sample.json"
        if not path.exists():
            path.write_bytes(orjson.dumps(list(sample.statements(sample.POSTED, _ROWS_COUNT))))
        return floors.row_at_a_time(
            program, self.hub.dsns[ROWS_DATABASE], path, count=_ROWS_COUNT, batch=batch
        )

    def checkpoint(self) -> None:
        self.execute("CHECKPOINT")

    def vacuum(self) -> None:
        """What autovacuum would do by and by, so that it does not do it while something is timed."""
        self.execute("VACUUM ANALYZE")
        self.checkpoint()

    def execute(self, command: str) -> None:
        import psycopg

        with psycopg.connect(self.hub.dsns["hub"], autocommit=True) as connection:
            connection.execute(command.encode())

    def write_rows(
        self, small: Mapping[str, Sequence[float]], large: Mapping[str, Sequence[float]]
    ) -> list[Row]:
        rows = [
            Row(
                what="HTTP ingest, batches of 50, 4 connections ÷ multi-row insert of the same rows",
                values=_ratios(small[HTTP], small[FLOOR]),
                bar=0.4,
                aim=0.8,
            )
        ]
        if HTTP_FILE in small:
            rows.append(
                Row(
                    what="the same with the statements of the file",
                    values=_ratios(small[HTTP_FILE], small[FLOOR_FILE]),
                    bar=0.4,
                    aim=0.8,
                )
            )
        else:
            self.report.remarks.append("No file of a real system's statements was at hand.")
        if ROWS in small:
            for name in (ROWS, ROWS_SINGLE):
                what = f"HTTP ingest, batches of 50 ÷ {name}"
                rows.append(Row(what=what, values=_ratios(small[HTTP], small[name]), bar=5, aim=20))
        else:
            self.report.remarks.append("The row-at-a-time store was not at hand; its ratio is missing.")
        rows.append(
            Row(
                what="single POST, 4 connections ÷ single-row insert and commit",
                values=_ratios(small[HTTP_SINGLE], small[FLOOR_SINGLE]),
                bar=0.5,
                aim=0.8,
            )
        )
        if large:
            at = f"at {self.options.statements:,} ÷ at {self.options.base:,}"
            rows.append(Row(what=f"ingest {at}", values=_ratios(large[HTTP], small[HTTP]), bar=0.7, aim=0.9))
            drift = median(large[FLOOR]) / median(small[FLOOR])
            self.report.remarks.append(
                f"The multi-row floor, whose tables stay small, made {drift:.2f} of its first rate at the"
                " later measurement: so far the machine itself changed."
            )
        validation = [
            schema + semantics
            for schema, semantics in zip(
                self.report.pieces[pieces.SCHEMA], self.report.pieces[pieces.SEMANTICS], strict=True
            )
        ]
        rows.append(
            Row(
                what="validate one statement",
                values=validation,
                bar=20,
                aim=10,
                unit=" µs",
                smaller_is_better=True,
            )
        )
        if self.report.consumers:
            together = consumers.together(self.report.consumers)
            names = ", ".join(self.report.consumers)
            rows.append(
                Row(
                    what=f"consumers of the feed together ({names}) ÷ ingest",
                    values=[together / rate for rate in small[HTTP]],
                    bar=1,
                    aim=3,
                )
            )
        return rows

    def roster_rows(self) -> list[Row]:
        found = self.report.roster
        if found is None:
            return []
        rows = [
            Row(what=what, values=[took / found.copy], bar=bar, aim=aim, smaller_is_better=True)
            for what, took, bar, aim in (
                (f"full roster sync, {found.workers:,} workers ÷ COPY of the same rows", found.first, 20, 5),
                ("the same again, nothing changed ÷ COPY", found.unchanged, 10, 2),
            )
        ]
        if (waited := self.report.steady) is not None:
            rows.append(
                Row(
                    what=f"stored to workforce context, p95 at {waited.rate:.0f} statements a second",
                    values=[waited.p95],
                    bar=5,
                    aim=1,
                    unit=" s",
                    smaller_is_better=True,
                )
            )
        return rows

    def status_rows(self) -> list[Row]:
        found = self.report.status
        if found is None:
            return []
        what = (
            f"compliance status, {found.people:,} people × {found.requirements} requirements, any past date"
        )
        return [Row(what=what, values=found.asked, bar=10, aim=1, unit=" s", smaller_is_better=True)]

    def read_rows(self) -> list[Row]:
        sizes = sorted(self.report.queries)
        last = self.report.queries[sizes[-1]]
        slowest = max(last, key=lambda timing: timing.percentile(95))
        rows = []
        if len(sizes) > 1:
            first = self.report.queries[sizes[0]]
            at = f"at {sizes[-1]:,} ÷ at {sizes[0]:,}"
            ratios = [
                after.percentile(95) / before.percentile(95)
                for before, after in zip(first, last, strict=True)
            ]
            worst = last[ratios.index(max(ratios))].shape
            whole = _pooled(last) / _pooled(first)
            rows = [
                Row(what=what, values=[value], bar=1.5, aim=1.1, smaller_is_better=True)
                for what, value in (
                    (f"query p95 {at}, all 13 shapes together", whole),
                    (f"query p95 {at}, median shape", median(ratios)),
                    (f"query p95 {at}, worst shape ({worst})", max(ratios)),
                )
            ]
        rows.append(
            Row(
                what=f"slowest query p95 at {sizes[-1]:,} ({slowest.shape})",
                values=[slowest.percentile(95)],
                bar=50,
                aim=20,
                unit=" ms",
                smaller_is_better=True,
            )
        )
        return rows


def _ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return one ratio for each round."""
    return [one / other for one, other in zip(above, below, strict=True)]


def _pooled(timings: Sequence[queries.Timing]) -> float:
    return queries.percentile([each for timing in timings for each in timing.seconds], 95)


def say(text: str) -> None:
    """Tell how far the run is; results go to standard output, this does not."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
