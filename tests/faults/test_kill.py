"""kill -9 at random points of concurrent ingest: nothing acknowledged is lost, nothing is half done.

The seed is printed; HUB_FAULT_SEED runs the same kills again.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lrs.attachments import path_of
from tests.faults import whole
from tests.faults.whole import WholeHub
from tests.faults.writers import Sent, Writer, digests

KILLS = {
    "web": 2,
    "web child": 6,
    "worker": 2,
    "worker child": 2,
    "database": 3,
    "database child": 5,
    "broker": 2,
}
WRITERS = 4
#: Longest the killing may take, and everything after it.
KILLING_SECONDS = 80
SETTLING_SECONDS = 60


def kill_at_random_points(hub: WholeHub, writers: list[Writer], chance: random.Random) -> Counter[str]:
    """Kill each part as often as KILLS says, in random order and after random pauses."""
    order = [part for part, times in KILLS.items() for _ in range(times)]
    chance.shuffle(order)
    done: Counter[str] = Counter()
    until = time.monotonic() + KILLING_SECONDS
    while order and time.monotonic() < until:
        before = acknowledged(writers)
        part = order.pop()
        if hub.kill(part, chance.choice) is None:
            # It is on its way back from an earlier death.
            order.insert(0, part)
            time.sleep(0.2)
            continue
        done[part] += 1
        time.sleep(chance.uniform(0.05, 0.8))
        # Often the next one falls only when ingest has gone on; sometimes in the middle of the recovery.
        if chance.random() < 0.7:
            await_progress(writers, before, seconds=5)
    return done


def told_of_errors(log: str) -> str:
    """Return the lines of a log that tell of an error nobody foresaw."""
    return "\n".join(line for line in log.splitlines() if "unexpected_error" in line)[:20_000]


def acknowledged(writers: list[Writer]) -> int:
    return sum(writer.acknowledged for writer in writers)


def await_progress(writers: list[Writer], before: int, *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while acknowledged(writers) <= before + WRITERS and time.monotonic() < until:
        time.sleep(0.05)


def settle(hub: WholeHub, writers: list[Writer]) -> None:
    for writer in writers:
        writer.end()
    until = time.monotonic() + SETTLING_SECONDS
    for writer in writers:
        writer.join(timeout=max(0.1, until - time.monotonic()))
        assert not writer.is_alive(), (
            f"{writer.name} was not served for {SETTLING_SECONDS} s after the last kill:"
            f" {writer.sent[-1].failures[-20:]}\n{hub.log()[-6_000:]}"
        )


def check_statements(hub: WholeHub, batches: list[Sent]) -> dict[str, Any]:
    """Every acknowledged statement once, as it was sent; every other batch whole or not at all."""
    stored = hub.lms.all_statements(limit="1000", ascending="true")
    by_id = {statement["id"]: statement for statement in stored}
    assert len(by_id) == len(stored), "a statement came twice"
    for batch in batches:
        there = [statement["id"] in by_id for statement in batch.statements]
        assert all(there) or not any(there), f"a batch is stored in part: {batch.failures}"
        assert all(there) or not batch.acknowledged, "an acknowledged batch is lost"
        for statement in batch.statements:
            found = by_id.get(statement["id"])
            assert found is None or {name: found[name] for name in statement} == statement
    sent = {statement["id"] for batch in batches for statement in batch.statements}
    assert set(by_id) <= sent
    return by_id


def check_attachments(hub: WholeHub, batches: list[Sent]) -> None:
    """Every attachment of an acknowledged batch is there, and no content is other than its name says."""
    folder = hub.folder / "files"
    for sha256, content in digests(batches).items():
        assert (folder / path_of(hub.lms.store_id, sha256)).read_bytes() == content
    kept = [
        path
        for path in (folder / "attachments").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    ]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in kept)


def check_consumers(hub: WholeHub, count: int) -> None:
    """Every consumer of the feed was handed every statement, once."""
    until = time.monotonic() + SETTLING_SECONDS
    with hub.database() as connection:
        while True:
            handled = dict(connection.execute("SELECT name, handled FROM lrs_feed_cursor").fetchall())
            counted = connection.execute(
                "SELECT coalesce(sum(statements), 0) FROM lrs_source_hour"
            ).fetchone()
            assert counted is not None
            if "lrs.statistics" in handled and set(handled.values()) == {count} and counted[0] == count:
                return
            assert counted[0] <= count, "a consumer counted a statement twice"
            assert time.monotonic() < until, f"{handled}, {counted[0]} counted of {count}"
            time.sleep(0.5)


def stored_by_a_failed_request(batches: list[Sent], by_id: dict[str, Any]) -> int:
    """Count the acknowledged batches that an earlier, failed request had stored already."""
    return sum(
        1
        for batch in batches
        if batch.acknowledged
        and batch.failures
        and batch.last_attempt is not None
        and datetime.fromisoformat(by_id[batch.statements[0]["id"]]["stored"]) < batch.last_attempt
    )


@pytest.mark.live
@pytest.mark.timeout(400)
def test_killing_any_part_at_random_points_loses_nothing_and_leaves_nothing_half_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seed = int(os.environ.get("HUB_FAULT_SEED") or random.SystemRandom().randrange(1_000_000))
    with (
        tempfile.TemporaryDirectory(prefix="lrs-hub-fault-", dir="/tmp") as name,
        whole.running(Path(name)) as hub,
    ):
        writers = [Writer(hub.lms, number, seed) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        await_progress(writers, 0, seconds=20)
        done = kill_at_random_points(hub, writers, random.Random(seed))
        settle(hub, writers)
        batches = [batch for writer in writers for batch in writer.sent]
        by_id = check_statements(hub, batches)
        failed = [batch for batch in batches if batch.failures]
        with capsys.disabled():
            sys.stdout.write(
                f"\nHUB_FAULT_SEED={seed}: {done.total()} kills {dict(done)}; {len(by_id)} statements in"
                f" {len(batches)} batches, {len(failed)} of them failed at first,"
                f" {stored_by_a_failed_request(batches, by_id)} of those were stored all the same\n"
            )
        assert [wrong for writer in writers for wrong in writer.wrong] == [], told_of_errors(hub.log())
        assert done.total() >= 20
        assert failed, "no kill ever hit a request"
        check_attachments(hub, batches)
        check_consumers(hub, len(by_id))
