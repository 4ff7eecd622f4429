"""A real SFTP server over a folder, and the nightly files an HR system would leave in it.

`serve` runs asyncssh's server in a thread: key login only, shut inside the folder. `deliver` writes one file
the way senders should: as .part, renamed, the manifest last. `nightly` makes the rows of a population.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import asyncssh

from simulators.population import Population, Position, WorkerAt

#: The header docs/integrator/files.md suggests.
HEADER = (
    "worker_id",
    "status",
    "hire_date",
    "term_date",
    "rehire",
    "first_name",
    "last_name",
    "email",
    "job_code",
    "job_title",
    "job_family",
    "org_code",
    "org_path",
    "location",
    "manager_id",
    "worker_type",
    "reg_class",
    "effective_from",
    "effective_to",
)


_UNIT_HEADER = ("unit_id", "name", "kind", "code", "parent_id")
_JOB_HEADER = ("job_id", "title", "family", "reg_class")
_LOCATION_HEADER = ("location_id", "name", "country", "region", "city")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is running."""

    host: str
    port: int
    username: str
    #: OpenSSH public key to be pinned.
    host_key: str
    #: OpenSSH private key that may log in.
    private_key: str
    folder: Path

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return the settings of a connection to it."""
        return {
            "from": "sftp",
            "folder": "/",
            "host": self.host,
            "port": self.port,
            "username": self.username,
            "host_keys": [self.host_key],
            "allow_private": True,
            **more,
        }

    def secrets(self) -> dict[str, str]:
        """Return the secrets of a connection to it."""
        return {"private_key": self.private_key}


@contextmanager
def serve(
    folder: Path, port: int = 0, *, username: str = "hub", host: str = "127.0.0.1"
) -> Iterator[Running]:
    """Serve a folder until the context ends; port 0 takes a free one. Keys are made anew each time."""
    login = asyncssh.generate_private_key("ssh-ed25519")
    own = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sftp-simulator", daemon=True)
    thread.start()
    try:
        listening = _on(loop, _listen(folder, host, port, username, login, own))
        try:
            yield Running(
                host,
                listening.get_port(),
                username,
                own.export_public_key().decode().strip(),
                login.export_private_key().decode(),
                folder,
            )
        finally:
            _on(loop, _closed(listening))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(
    folder: Path, host: str, port: int, username: str, login: asyncssh.SSHKey, own: asyncssh.SSHKey
) -> asyncssh.SSHAcceptor:
    allowed = asyncssh.import_authorized_keys(login.export_public_key().decode())

    class OneAccount(asyncssh.SSHServer):
        def begin_auth(self, name: str) -> bool:
            # Another name is asked for a key as well, and none will do.
            if name == username:
                self._connection.set_authorized_keys(allowed)
            return True

        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self._connection = conn

        def public_key_auth_supported(self) -> bool:
            return True

    def shut_in(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=os.fsencode(folder))

    return await asyncssh.listen(
        host,
        port,
        server_factory=OneAccount,
        server_host_keys=[own],
        sftp_factory=shut_in,
        password_auth=False,
    )


async def _closed(listening: asyncssh.SSHAcceptor) -> None:
    listening.close()
    await listening.wait_closed()
    # Connections end by themselves as their clients leave; what is left is given up with the loop.
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _on(loop: asyncio.AbstractEventLoop, step: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(step, loop).result(timeout=30)


def deliver(  # noqa: PLR0913  what a manifest says, by name
    folder: Path,
    rows: Iterable[Mapping[str, Any]],
    *,
    day: date,
    sequence: int,
    full: bool = True,
    kind: str = "worker",
    header: Sequence[str] = HEADER,
    packed: Callable[[bytes], bytes] = bytes,
    ending: str = "csv",
) -> Path:
    """Write rows and their manifest into a folder; return the manifest's path. `packed` may encrypt."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, header, restval="", extrasaction="raise")
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    name = f"{kind}s_{day:%Y%m%d}_{sequence}.{ending}"
    return announce(
        folder,
        name,
        packed(written.getvalue().encode()),
        rows=count,
        day=day,
        sequence=sequence,
        full=full,
        kind=kind,
    )


def announce(
    folder: Path,
    name: str,
    content: bytes,
    *,
    rows: int,
    day: date,
    sequence: int | None,
    full: bool = True,
    kind: str = "worker",
) -> Path:
    """Write a file as a careful sender does, and its manifest last; return the manifest's path."""
    part = folder / f"{name}.part"
    part.write_bytes(content)
    part.rename(folder / name)
    told: dict[str, Any] = {
        "file": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows": rows,
        "mode": "full" if full else "delta",
        "as_of": day.isoformat(),
        "kind": kind,
    }
    if sequence is not None:
        told["sequence"] = sequence
    manifest = folder / f"{name}.manifest.json"
    unfinished = folder / f"{name}.manifest.json.part"
    unfinished.write_text(json.dumps(told))
    return unfinished.rename(manifest)


def nightly(folder: Path, people: Population, *, day: date, sequence: int, full: bool = True) -> int:
    """Leave the files of a night: units, jobs, locations (with a full one), workers; return the next number.

    They tell what the HR system knew when `day` was over. A delta file has the workers of whom something was
    entered on that day or became so.
    """
    known = datetime.combine(day + timedelta(days=1), time(), UTC)
    workers: Iterator[dict[str, str]]
    if full:
        for kind, header, rows in (
            ("unit", _UNIT_HEADER, units(people, day, known)),
            ("job", _JOB_HEADER, jobs(people)),
            ("location", _LOCATION_HEADER, locations(people)),
        ):
            deliver(folder, rows, day=day, sequence=sequence, full=True, kind=kind, header=header)
            sequence += 1
        workers = (row(each, known) for each in people.as_of(day, known))
    else:
        workers = _changed(people, day, known)
    deliver(folder, workers, day=day, sequence=sequence, full=full, header=(*HEADER, "action"))
    return sequence + 1


def _changed(people: Population, day: date, known: datetime) -> Iterator[dict[str, str]]:
    touched = {each.number for each in people.changes(known - timedelta(days=1), known)}
    touched |= {each.number for each in people.turning(day, day, known)}
    for number in sorted(touched):
        found = people.worker_by_number[number].at(day, known)
        yield {"worker_id": number, "action": "rescinded"} if found is None else row(found, known)


def row(found: WorkerAt, known: datetime) -> dict[str, str]:
    """Return the row of a worker: one employment and its primary position, which is all a row can hold."""
    employment = found.current
    stay = employment.stay
    row = {
        "worker_id": found.worker.number,
        "status": found.status.capitalize(),
        "hire_date": stay.first.isoformat(),
        "term_date": stay.last.isoformat() if stay.last else "",
        "rehire": "Y" if stay.hire_kind == "rehire" else "",
        "first_name": found.name.given,
        "last_name": found.name.family,
        "email": found.email,
        "worker_type": stay.worker_type.capitalize(),
    }
    position = _position(found, known)
    if position is not None:
        row |= {
            "job_code": position.job,
            "job_title": position.title,
            "org_code": position.unit,
            "location": position.location,
            "manager_id": position.manager,
            "reg_class": ";".join(position.regulatory_classes),
        }
    return row


def _position(found: WorkerAt, known: datetime) -> Position | None:
    """Return the primary position: of the day, or the last one of an engagement that is over."""
    employment = found.current
    if employment.primary is not None or employment.stay.last is None:
        return employment.primary.position if employment.primary is not None else None
    whole = next(each for each in found.worker.employments if each.number == employment.number)
    primary = next((each for each in whole.assignments if each.primary), None)
    return primary.positions.at(employment.stay.last, known) if primary is not None else None


def units(people: Population, day: date, known: datetime | None = None) -> Iterator[dict[str, str]]:
    """Yield the rows of units as of a day, as known at a moment; None: as known at last."""
    for each in people.units:
        state = each.states.at(day, known)
        if state is not None:
            yield {
                "unit_id": each.key,
                "name": state.name,
                "kind": each.kind,
                "code": each.key,
                "parent_id": state.parent,
            }


def jobs(people: Population) -> Iterator[dict[str, str]]:
    """Yield the rows of jobs."""
    for each in people.jobs:
        yield {
            "job_id": each.key,
            "title": each.title,
            "family": each.family,
            "reg_class": ";".join(each.regulatory_classes),
        }


def locations(people: Population) -> Iterator[dict[str, str]]:
    """Yield the rows of sites."""
    for each in people.locations:
        yield {
            "location_id": each.key,
            "name": each.name,
            "country": each.country,
            "region": each.region,
            "city": each.city,
        }
