"""Ann (intensive care) and Bea (emergency) with what they learned, and what auditors pull of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.utils import timezone

from compliance.access.scope import Scope
from compliance.models import LogSource
from compliance.proof import audit, sources
from compliance.reports.bundle import build
from compliance.reports.bundle.asked import Asked
from connectors.models import OrganizationUnit
from connectors.workforce.canonical import Unit
from tests.compliance import courses
from tests.compliance.courses import ANN, BEA, FORKLIFT, caught_up, did
from tests.connectors.learning import academy
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub, nothing_held_back


@contextmanager
def log_begins() -> Iterator[None]:
    """Have statements and the audit trail logged from now on; what other tests left is of no interest."""
    from django.db import connection

    nothing_held_back()
    with connection.cursor() as cursor:
        for number, kind, table, key in (
            (1, "statement", "lrs_statement", "seq"),
            (3, "audit", "compliance_audit_entry", "seq"),
        ):
            cursor.execute(
                f"SELECT xid::text::bigint, {key} FROM {table} ORDER BY xid DESC, {key} DESC LIMIT 1"
            )
            at = cursor.fetchone() or (0, 0)
            if not LogSource.objects.filter(number=number).exists() or number == 3:
                LogSource.objects.update_or_create(
                    number=number, defaults={"kind": kind, "xid": at[0], "key": at[1]}
                )
    known = any(each.kind == audit.KIND for each in sources.registered())
    sources.register(replace(audit.AUDIT))
    yield
    if not known:
        sources.forget(audit.KIND)


class Academy:
    """A store, its people, and their records."""

    def __init__(self, hub: Hub) -> None:
        self.moodle, store = academy(hub)
        self.store_id = store.pk
        self.workday = hris(store=store)
        told(
            self.workday,
            Unit(key="H", name="Hospital"),
            Unit(key="ICU", name="Intensive care", parent="H"),
            Unit(key="ER", name="Emergency", parent="H"),
            at="2020-01-01",
        )
        told(self.workday, ann("21001"), ann("21002", unit="ER"))
        self.course = courses.course(self.store_id, "FORK-1", FORKLIFT)
        self.statements = {
            "Ann": did(self.moodle, "passed", who=ANN),
            "Bea": did(self.moodle, "passed", "2026-02-11", who=BEA),
        }
        caught_up()

    @property
    def ann(self) -> Any:
        return person(self.workday, "21001")

    @property
    def bea(self) -> Any:
        return person(self.workday, "21002")

    def unit(self, key: str) -> OrganizationUnit:
        return OrganizationUnit.objects.get(store_id=self.store_id, key=key)

    def asked(self, **fields: Any) -> Asked:
        """A question of somebody who may see all."""
        now = timezone.now()
        given = {"at": now, "known": now, "visible": Scope(everything=True), **fields}
        return Asked(store_id=self.store_id, **given)

    def bundle(self, **fields: Any) -> bytes:
        """Pull a bundle."""
        file, made = build.make(self.asked(**fields), by="Inés Gómez")
        assert made.waiting == 0
        with file:
            return file.read()


def files(bundle: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by their names."""
    with ZipFile(BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
