"""Ann (intensive care) and Bea (emergency) with what they learned, and what auditors pull of it."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

from django.contrib.auth.models import User
from django.utils import timezone

from compliance.access.scope import Scope
from compliance.models import Requirement
from compliance.reports.asked import Asked
from compliance.reports.bundle import build
from compliance.requirements import lifecycle
from connectors.models import OrganizationUnit
from connectors.workforce.canonical import Unit
from tests.compliance import courses
from tests.compliance.courses import ANN, BEA, FORKLIFT, caught_up, did
from tests.compliance.requirements.people import YEARLY
from tests.connectors.learning import academy
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub


class Academy:
    """A store, its people, and their records."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
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

    @property
    def requirement(self) -> Requirement:
        """A yearly requirement of the hospital, in force."""
        mark = uuid4().hex[:6]
        dora, paul = (User.objects.create_user(f"{name} {mark}") for name in ("Dora drafts", "Paul approves"))
        draft = lifecycle.create(self.store_id, code=f"R-{mark}", title="Forklifts", document=YEARLY, by=dora)
        lifecycle.submit(draft)
        return lifecycle.approve(draft, approved_by=paul, effective_from=date(2020, 1, 1)).requirement

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
