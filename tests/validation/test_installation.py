"""Each step of the installation qualification passes where it should, and fails where it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import override_settings

from compliance.proof import keys, publish, sequence, stored
from hub.database import grants
from hub.validation import durability, installation
from hub.validation.steps import Check, Part, Result, Seen, Step, Unmet, taken, worst

pytestmark = pytest.mark.usefixtures("database")

LONG = "k" * 60


def came_to(look: Callable[[], Seen]) -> Step:
    """Take a step that looks like this."""
    [step] = taken([Check("IQ-00", "A step", "as it should be", look)])
    return step


@pytest.fixture
def in_vain(database: None) -> Iterator[Any]:
    """A cursor; nothing that is done with it stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        yield cursor
        transaction.set_rollback(True)


@pytest.fixture
def application(in_vain: Any) -> Any:
    """A cursor of the application's role, as the hub grants it what it needs."""
    name = f"application_{uuid4().hex}"
    in_vain.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER")
    grants.apply(name)
    in_vain.execute(f"SET LOCAL ROLE {name}")
    return in_vain


def _lock(folder: Path, *lines: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_lock_of_the_product_is_what_is_installed() -> None:
    assert came_to(lambda: installation.packages(installation.LOCK)).result == Result.PASSED


def test_a_package_of_another_version_or_none_is_named(tmp_path: Path) -> None:
    django = version("django")
    good = _lock(tmp_path, f"django=={django} \\", "    --hash=sha256:00", "    # via -r requirements.in")
    assert came_to(lambda: installation.packages(good)).seen == "1 packages as pinned"
    bad = _lock(tmp_path, "django==1.0.0", "no-such-package==2.0.0", 'winonly==1 ; sys_platform == "win32"')
    step = came_to(lambda: installation.packages(bad))
    assert step.result == Result.FAILED
    assert step.seen == f"django is {django}, not 1.0.0; no-such-package 2.0.0 is not installed"


def test_a_lock_that_is_missing_or_empty_proves_nothing(tmp_path: Path) -> None:
    assert came_to(lambda: installation.packages(tmp_path / "none.txt")).result == Result.FAILED
    assert came_to(lambda: installation.packages(_lock(tmp_path, "# nothing"))).result == Result.FAILED


@pytest.mark.parametrize(
    ("look", "good", "bad"),
    [
        (installation.secret, {"SECRET_KEY": LONG}, {"SECRET_KEY": "short"}),
        (installation.debugging, {"DEBUG": False}, {"DEBUG": True}),
        (installation.times, {"TIME_ZONE": "UTC"}, {"TIME_ZONE": "Europe/Berlin"}),
        (
            installation.transport,
            {"HUB_PUBLIC_URL": "https://lrs.example", "HUB_HTTPS": True},
            {"HUB_PUBLIC_URL": "http://lrs.example"},
        ),
        (
            installation.cookies,
            {
                "HUB_PUBLIC_URL": "https://lrs.example",
                "SESSION_COOKIE_SECURE": True,
                "CSRF_COOKIE_SECURE": True,
                "SECURE_HSTS_SECONDS": 3600,
            },
            {"HUB_PUBLIC_URL": "https://lrs.example", "SESSION_COOKIE_SECURE": False},
        ),
        (
            installation.broker,
            {"CELERY_BROKER_URL": "memory://"},
            {"CELERY_BROKER_URL": "redis://127.0.0.1:1/0"},
        ),
        (installation.storage, {}, {"MEDIA_ROOT": "/dev/null"}),
        (durability.system, {}, {"SECRET_KEY": "short"}),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_a_step_follows_the_settings(look: Any, good: dict[str, Any], bad: dict[str, Any]) -> None:
    with override_settings(**good):
        assert came_to(look).result == Result.PASSED
    with override_settings(**bad):
        assert came_to(look).result == Result.FAILED


def test_plain_http_on_one_machine_is_not_applicable() -> None:
    with override_settings(HUB_PUBLIC_URL="http://localhost:8000"):
        assert came_to(installation.transport).result == Result.NOT_APPLICABLE


def test_a_data_folder_others_may_look_into_fails(tmp_path: Path) -> None:
    for mode, result in ((0o700, Result.PASSED), (0o755, Result.FAILED)):
        tmp_path.chmod(mode)
        with override_settings(HUB_DATA_DIR=tmp_path):
            assert came_to(installation.data_folder).result == result
    with override_settings(HUB_DATA_DIR=tmp_path / "none"):
        assert came_to(installation.data_folder).result == Result.NOT_APPLICABLE


def test_what_the_storage_was_tried_with_is_gone(tmp_path: Path) -> None:
    with override_settings(MEDIA_ROOT=tmp_path):
        assert came_to(installation.storage).result == Result.PASSED
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_the_log_has_a_folder_and_a_key_once_something_was_published(beside_the_database: Path) -> None:
    assert came_to(installation.log_folder).result == Result.FAILED
    assert came_to(installation.log_key).result == Result.FAILED
    keys.signers(stored.head().origin)
    assert came_to(installation.log_key).result == Result.PASSED
    sequence.run()
    publish.publish(now=True)
    assert came_to(installation.log_folder).result == Result.PASSED


def test_a_commit_that_is_answered_before_it_is_on_disk_fails(in_vain: Any) -> None:
    def look() -> Seen:
        return durability.setting("synchronous_commit", ("on", "local"))

    in_vain.execute("SET LOCAL synchronous_commit = on")
    assert came_to(look).result == Result.PASSED
    in_vain.execute("SET LOCAL synchronous_commit = off")
    assert (came_to(look).result, came_to(look).seen) == (Result.FAILED, "off")


def test_a_migration_that_is_missing_is_named(in_vain: Any) -> None:
    assert came_to(durability.migrations).result == Result.PASSED
    in_vain.execute("DELETE FROM django_migrations WHERE app = 'connectors' AND name = '0013_guards_always'")
    step = came_to(durability.migrations)
    assert step.result == Result.FAILED
    assert "connectors 0013_guards_always" in step.seen


def test_clocks_of_one_machine_agree() -> None:
    assert came_to(durability.clocks).result == Result.PASSED
    assert came_to(durability.version).result == Result.PASSED


_OF_THE_ROLE = [durability.role, durability.disabling, durability.replication, durability.deleting]


@pytest.mark.parametrize("look", _OF_THE_ROLE, ids=lambda each: each.__name__)
def test_the_application_s_role_can_do_none_of_this(application: Any, look: Callable[[], Seen]) -> None:
    assert came_to(look).result == Result.PASSED, came_to(look).seen


@pytest.mark.parametrize("look", _OF_THE_ROLE, ids=lambda each: each.__name__)
def test_a_superuser_could_and_that_fails(in_vain: Any, look: Callable[[], Seen]) -> None:
    assert came_to(look).result == Result.FAILED


def test_what_was_tried_is_rolled_back(in_vain: Any) -> None:
    assert came_to(durability.disabling).result == Result.FAILED
    assert came_to(durability.replication).result == Result.FAILED
    assert came_to(durability.guards).result == Result.PASSED
    in_vain.execute("SELECT current_setting('session_replication_role')")
    assert in_vain.fetchone() == ("origin",)


def test_a_right_that_was_granted_beyond_is_seen(application: Any) -> None:
    application.execute("RESET ROLE")
    application.execute("GRANT DELETE ON compliance_signature TO PUBLIC")
    application.execute("GRANT TRUNCATE ON connectors_context TO PUBLIC")
    application.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'application_')")
    [(name,)] = application.fetchall()
    application.execute(f"SET LOCAL ROLE {name}")
    step = came_to(durability.deleting)
    assert step.result == Result.FAILED
    assert step.seen == "possible on compliance_signature, connectors_context (TRUNCATE)"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE lrs_statement DISABLE TRIGGER lrs_statement_append_only", "lrs_statement"),
        ("ALTER TABLE lrs_statement ENABLE TRIGGER lrs_statement_append_only", "lrs_statement"),
        ("ALTER TABLE connectors_identifier DISABLE TRIGGER USER", "connectors_identifier"),
        ("DROP TRIGGER compliance_signature_no_truncate ON compliance_signature", "compliance_signature"),
    ],
)
def test_a_guard_that_is_off_or_gone_is_named(in_vain: Any, statement: str, named: str) -> None:
    assert came_to(durability.guards).result == Result.PASSED
    in_vain.execute(statement)
    step = came_to(durability.guards)
    assert step.result == Result.FAILED
    assert f"{named} is not guarded against" in step.seen


def test_a_table_nobody_writes_the_trail_of_is_named(in_vain: Any) -> None:
    assert came_to(durability.trail).result == Result.PASSED
    in_vain.execute("ALTER TABLE lrs_credential DISABLE TRIGGER compliance_trail_update")
    assert came_to(durability.trail).seen == "not written for lrs_credential"


def test_a_step_that_breaks_has_failed_and_the_others_go_on() -> None:
    def breaks() -> Seen:
        raise OSError("no space left\non device")

    def unmet() -> Seen:
        raise Unmet("it is otherwise")

    checks = [Check("1", "", "", breaks), Check("2", "", "", unmet), Check("3", "", "", lambda: Seen("so"))]
    steps = taken(checks)
    assert [each.result for each in steps] == [Result.FAILED, Result.FAILED, Result.PASSED]
    assert steps[0].seen == "OSError: no space left on device"
    assert worst([Part("IQ", "", steps[2:])]) == Result.PASSED
    assert worst([Part("IQ", "", steps)]) == worst([]) == Result.FAILED
