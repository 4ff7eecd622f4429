"""An auditor, from signing in to a bundle that proves itself, with an auditor's account and no help."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, User
from django.utils import timezone

from compliance.access import grants
from compliance.access.grants import AUDITOR
from compliance.access.roles import MANAGER, SIGNS
from compliance.models import Disclosure, ReportRun
from tests.browser.conftest import PASSWORD
from tests.browser.visitors import ChromiumVisitor, PlainVisitor, Visitor
from tests.compliance.reports.academy import Academy
from tests.compliance.signing.people import make_ready, warden
from tests.fixtures import Hub


@pytest.fixture
def academy(hub: Hub) -> Academy:
    return Academy(hub)


@pytest.fixture
def ines(academy: Academy) -> User:
    """Inés, an auditor of intensive care for a week."""
    hashed = PBKDF2PasswordHasher().encode(PASSWORD, salt=uuid4().hex)
    user = User.objects.create(
        username=f"ines-{uuid4().hex[:8]}", password=hashed, first_name="Inés", last_name="Gómez"
    )
    grants.give(
        user, Group.objects.get(name=AUDITOR), store_id=academy.store_id, by=warden(), reason="inspection",
        unit=academy.unit("ICU"), ends=timezone.now() + timedelta(days=7),
    )  # fmt: skip
    return user


def manager(academy: Academy, name: str) -> User:
    """Return somebody who looks after all the store's training and may sign releases."""
    first, last = name.split()
    user = User.objects.create(
        username=f"{first.lower()}-{uuid4().hex[:8]}", first_name=first, last_name=last,
        password=PBKDF2PasswordHasher().encode(PASSWORD, salt=uuid4().hex),
    )  # fmt: skip
    role = Group.objects.get(name=MANAGER)
    grants.give(user, role, store_id=academy.store_id, by=warden(), reason="training")
    user.groups.add(Group.objects.get(name=SIGNS["release"]))
    make_ready(user)
    return user


def sign_in(visitor: Visitor, user: User) -> None:
    visitor.open("/accounts/login/?next=/audit/")
    visitor.fill("login", user.username)
    visitor.fill("password", PASSWORD)
    visitor.press("Sign in")


def downloaded(visitor: Visitor) -> bytes:
    """Download the file the page offers."""
    if isinstance(visitor, ChromiumVisitor):
        page: Any = visitor.page
        with page.expect_download() as download:
            page.click("#download")
        return Path(download.value.path()).read_bytes()
    assert isinstance(visitor, PlainVisitor)
    [address] = [href for text, href in visitor.page.links if text == "Download"]
    return visitor.session.get(urljoin(visitor.address, address), timeout=60).content


def test_from_signing_in_to_a_verified_bundle(
    visitor: Visitor, academy: Academy, ines: User, tmp_path: Path
) -> None:
    sign_in(visitor, ines)
    visitor.open("/audit/")
    assert "Bundle that proves itself" in visitor.words()
    visitor.is_sound()
    visitor.open("/audit/reports/department/")
    visitor.fill("unit", str(academy.unit("ICU").pk))
    visitor.press("See")
    assert academy.statements["Ann"] in visitor.words()
    assert academy.statements["Bea"] not in visitor.words()
    visitor.is_sound()
    visitor.press("Pull pdf")
    assert "Done" in visitor.shown("state")
    visitor.is_sound()
    assert downloaded(visitor).startswith(b"%PDF")

    visitor.open("/audit/reports/bundle/")
    visitor.fill("unit", str(academy.unit("ICU").pk))
    visitor.press("Pull bundle")
    bundle = downloaded(visitor)
    with ZipFile(BytesIO(bundle)) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VERIFIED" in done.stdout
    kinds = set(Disclosure.objects.filter(user=ines).values_list("kind", flat=True))
    assert kinds >= {"report:department:page", "report:department:pdf", "report:bundle:bundle"}


def test_others_records_are_refused(visitor: Visitor, academy: Academy, ines: User) -> None:
    sign_in(visitor, ines)
    visitor.open(f"/audit/reports/person/?person={academy.bea.pk}&see=1")
    assert "outside" in visitor.words()
    assert academy.statements["Bea"] not in visitor.words()
    visitor.open("/audit/reports/signatures/?see=1")
    assert "whole store" in visitor.words()
    for grant in grants.standing_grants(ines):
        grants.revoke(grant, by=warden(), why="inspection is over")
    visitor.open("/audit/")
    assert "Bundle that proves itself" not in visitor.words()


def test_a_saved_report_is_made_offered_and_released_by_somebody_else(
    visitor: Visitor, academy: Academy
) -> None:
    ada, paul = manager(academy, "Ada Byron"), manager(academy, "Paul Erdős")
    title = f"Ann, every week {uuid4().hex[:4]}"
    sign_in(visitor, ada)
    visitor.open(f"/audit/reports/person/?person={academy.ann.pk}&store={academy.store_id}")
    visitor.fill("title", title)
    visitor.fill("rhythm", "weekly")
    visitor.press("Pull csv")
    visitor.open(f"/audit/?store={academy.store_id}")
    assert title in visitor.words()
    visitor.is_sound()
    visitor.press("Stop")
    assert "stopped" in visitor.words()
    visitor.press("Resume")
    visitor.press("Make it now")
    visitor.press("Offer it for release")
    assert "Waits for its release" in visitor.shown("offered")
    visitor.is_sound()
    visitor.open("/accounts/logout/")
    visitor.press("Sign Out")

    sign_in(visitor, paul)
    visitor.open("/audit/released/")
    assert "Ada Byron" in visitor.shown("waiting")
    visitor.is_sound()
    run = ReportRun.objects.get(user=ada)
    visitor.open(f"/audit/sign/report-release/{run.pk}/")
    assert run.sha256 in visitor.words()
    visitor.fill("user_name", paul.username)
    visitor.fill("password", PASSWORD)
    visitor.press("Sign")
    assert "Released" in visitor.shown("released")
    assert "signed electronically by Paul Erdős" in visitor.words()
    visitor.is_sound()
    visitor.open("/audit/released/")
    assert "Ada Byron" in visitor.shown("released")
    visitor.is_sound()
