"""What must be there before the first request: tables, static files, an administrator, a key for an LMS.

In: a database that answers. Out: `Prepared`, what to tell the operator. Everything is made once; running it
again changes nothing, costs little and never shows a secret a second time.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from compliance.trail import install
from hub import environment as env
from hub.command_line import acting_command
from hub.database import grants, roles, upkeep
from lrs import feed
from lrs.auth.issue import issue

FIRST_STORE = "default"
FIRST_SOURCE = "First LMS"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What the operator is told; secrets only where they were made just now."""

    administrator: str
    password: str | None = field(repr=False)
    key: str | None
    secret: str | None = field(repr=False)


def prepare() -> Prepared:
    """Bring everything to where the hub can serve."""
    with acting_command(("", "prepare")):
        return _prepare()


def _prepare() -> Prepared:
    upkeep.ensure()
    with roles.as_owner():
        migrate()
        install.install()
        if role := roles.application():
            grants.apply(role)
    feed.align()
    collect_static(Path(settings.STATIC_ROOT))
    administrator, password = first_administrator()
    key, secret = first_key()
    return Prepared(administrator=administrator, password=password, key=key, secret=secret)


def told(prepared: Prepared, address: str) -> list[str]:
    """Return the lines for the operator's terminal."""
    lines = [f"  xAPI endpoint   {address}/xapi/"]
    if prepared.key:
        lines += [
            f"  LMS key         {prepared.key}",
            f"  LMS secret      {prepared.secret}",
            "                  Shown this once: note it down.",
        ]
    else:
        lines += [
            "  LMS key         made earlier, its secret was shown then; another one:",
            "                  .venv/bin/python manage.py create_credential --source NAME --scope all",
        ]
    password = prepared.password or "as set when it was made (manage.py changepassword sets another)"
    return [
        *lines,
        "",
        f"  Admin           {address}/admin/",
        f"  Login           {prepared.administrator}",
        f"  Password        {password}",
    ]


def migrate() -> None:
    """Apply what migrations are missing; one hub at a time, where several start together."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        # Any number that nobody else uses; held by the session and gone with it.
        cursor.execute("SELECT pg_advisory_lock(7310031)")
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        connection.close()


def collect_static(folder: Path) -> None:
    """Collect static files where any of them changed since the last time."""
    stamp, marker = _static_stamp(), folder / ".stamp"
    if marker.exists() and marker.read_text(encoding="ascii") == stamp:
        return
    folder.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    marker.write_text(stamp, encoding="ascii")


def _static_stamp() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def first_administrator() -> tuple[str, str | None]:
    """Return the administrator's name, and the password where the account was made just now."""
    people = get_user_model()
    known = people.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if known is not None:
        return known.get_username(), None
    name = env.text("HUB_ADMIN_USER", "admin")
    password = env.text("HUB_ADMIN_PASSWORD") or secrets.token_urlsafe(12)
    people.objects.create_superuser(username=name, email=env.text("HUB_ADMIN_EMAIL"), password=password)
    return name, password


def first_key() -> tuple[str | None, str | None]:
    """Return a key and its secret where there was no key at all and one was made; else nothing."""
    if apps.get_model("lrs", "Credential").objects.exists():
        return None, None
    made = issue(store=FIRST_STORE, source=FIRST_SOURCE, scopes=["all"], label="Made by the first start")
    return made.key, made.secret
