"""IQ of everything beside the database: program, packages, settings, storage, broker, log.

In: this process and its settings. Out: checks. A file that is written to see whether that is possible is
removed again; no secret is ever told.
"""

from __future__ import annotations

import os
import platform
import secrets
import ssl
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection
from packaging.requirements import Requirement
from packaging.version import Version

from compliance.models import LogKey
from compliance.proof import conf, stored
from hub import health
from hub.checks import LOCAL_HOSTS, SECRET_KEY_CHARACTERS
from hub.validation import durability
from hub.validation.steps import Check, Part, Result, Seen, Unmet, taken
from lrs import attachments

LOCK = Path(settings.BASE_DIR) / "requirements.txt"
_OLDEST_PYTHON = (3, 11)
_OTHERS = 0o007


def qualified(lock: Path = LOCK) -> Part:
    """Take every step of the installation qualification."""
    return Part("IQ", "Installation qualification", taken((*checks(lock), *durability.checks())))


def checks(lock: Path = LOCK) -> tuple[Check, ...]:
    """Return the steps beside the database."""
    return (
        Check("IQ-01", "Python", "3.11 or newer", python),
        Check(
            "IQ-02", "Packages", "each installed in the version the lock pins", lambda: packages(lock)
        ),
        Check(
            "IQ-03", "Secret key", f"{SECRET_KEY_CHARACTERS} characters or more, of this installation", secret
        ),
        Check("IQ-04", "Debugging", "off", debugging),
        Check("IQ-05", "Times", "UTC in hub and database session", times),
        Check("IQ-06", "Transport", "https, or an address of this machine alone", transport),
        Check("IQ-07", "Cookies", "HttpOnly; with https also Secure, and HSTS", cookies),
        Check("IQ-08", "Data folder", "not open to other accounts of the machine", data_folder),
        Check("IQ-10", "Broker", "takes connections", broker),
        Check("IQ-11", "Attachment store", "a content is written, read back the same, and removed", storage),
        Check("IQ-12", "Folder of the proof log", "there, and writable for the hub", log_folder),
        Check("IQ-13", "Key of the proof log", "one signs, and its private half is at hand", log_key),
        Check("IQ-14", "Feed", "new statements come after old ones", feed),
    )  # fmt: skip


def python() -> Seen:
    """What runs this."""
    said = f"{platform.python_implementation()} {platform.python_version()}, {ssl.OPENSSL_VERSION}"
    return Seen(said, Result.PASSED if sys.version_info >= _OLDEST_PYTHON else Result.FAILED)


def packages(lock: Path) -> Seen:
    """Whether what is pinned is what is installed."""
    if not lock.exists():
        raise Unmet(f"there is no {lock.name} beside the program")
    faults, count = [], 0
    for name, wanted in pinned(lock.read_text(encoding="utf-8")).items():
        count += 1
        try:
            found = version(name)
        except PackageNotFoundError:
            faults.append(f"{name} {wanted} is not installed")
            continue
        if Version(found) != Version(wanted):
            faults.append(f"{name} is {found}, not {wanted}")
    if faults or not count:
        raise Unmet("; ".join(faults) or f"{lock.name} pins nothing")
    return Seen(f"{count} packages as pinned")


def pinned(text: str) -> dict[str, str]:
    """Return package → version, of those this machine and Python need."""
    found = {}
    for line in text.splitlines():
        said = line.partition("#")[0].strip().removesuffix("\\").strip()
        if not said or said.startswith("-"):
            continue
        needed = Requirement(said)
        exact = [each.version for each in needed.specifier if each.operator == "=="]
        if exact and (needed.marker is None or needed.marker.evaluate()):
            found[needed.name] = exact[0]
    return found


def secret() -> Seen:
    """Whether there is a secret key worth the name."""
    length = len(settings.SECRET_KEY)
    good = length >= SECRET_KEY_CHARACTERS and settings.SECRET_KEY != settings.INSECURE_SECRET_KEY
    return Seen(f"{length} characters" if good else "none, or too short", _passed(good))


def debugging() -> Seen:
    """Whether errors would show settings."""
    return Seen("on" if settings.DEBUG else "off", _passed(not settings.DEBUG))


def times() -> Seen:
    """Which time zone times are kept in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('TimeZone')")
        theirs = str((cursor.fetchone() or ("",))[0])
    good = settings.USE_TZ and settings.TIME_ZONE == "UTC" and theirs in {"UTC", "Etc/UTC"}
    aware = "aware" if settings.USE_TZ else "not aware"
    return Seen(f"hub {settings.TIME_ZONE}, {aware}; database session {theirs}", _passed(good))


def transport() -> Seen:
    """Whether keys and records travel encrypted."""
    address = urlsplit(settings.HUB_PUBLIC_URL)
    if address.scheme == "https":
        return Seen(settings.HUB_PUBLIC_URL, _passed(settings.HUB_HTTPS))
    local = address.hostname in LOCAL_HOSTS
    said = f"{settings.HUB_PUBLIC_URL}: {'this machine alone' if local else 'plain http beyond this machine'}"
    return Seen(said, Result.NOT_APPLICABLE if local else Result.FAILED)


def cookies() -> Seen:
    """How the cookies of sessions are kept."""
    secure = settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE
    hsts = settings.SECURE_HSTS_SECONDS > 0
    said = (
        f"HttpOnly {_word(settings.SESSION_COOKIE_HTTPONLY)}, Secure {_word(secure)}, HSTS {_word(hsts)}, "
        f"a session lasts {settings.SESSION_COOKIE_AGE // 60} minutes at most"
    )
    demanded = secure and hsts if settings.HUB_PUBLIC_URL.startswith("https://") else True
    return Seen(said, _passed(settings.SESSION_COOKIE_HTTPONLY and demanded))


def data_folder() -> Seen:
    """Who may look into the data folder."""
    folder = Path(settings.HUB_DATA_DIR)
    if not folder.exists():
        return Seen(f"{folder} is not there: nothing of the hub lies on this machine", Result.NOT_APPLICABLE)
    mode = folder.stat().st_mode & 0o777
    return Seen(f"{folder} has mode {mode:04o}", _passed(not mode & _OTHERS))


def broker() -> Seen:
    """Whether the broker answers."""
    problem = health.broker_problem()
    kind = urlsplit(settings.CELERY_BROKER_URL).scheme
    return Seen(problem or f"{kind}: connected", _passed(problem is None))


def storage() -> Seen:
    """Whether attachments can be kept."""
    store, content = attachments.storage(), secrets.token_bytes(4096)
    name = store.save(f"validation/{secrets.token_hex(16)}", ContentFile(content))
    try:
        with store.open(name) as file:
            same = file.read() == content
    finally:
        store.delete(name)
    if not same or store.exists(name):
        raise Unmet("what was read is not what was written" if not same else "what was written stays")
    return Seen(f"4,096 bytes written, read and removed ({type(store).__name__})")


def log_folder() -> Seen:
    """Whether the log can be published."""
    faults = []
    for folder in (conf.folder(), conf.lock_file().parent):
        nearest = next(each for each in (folder, *folder.parents) if each.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            faults.append(f"{folder} cannot be written")
    if faults:
        raise Unmet("; ".join(faults))
    if not conf.folder().exists():
        raise Unmet(f"{conf.folder()} is not there: the worker has published nothing yet, or elsewhere")
    return Seen(f"{conf.folder()}, lock {conf.lock_file()}")


def log_key() -> Seen:
    """Whether checkpoints can be signed."""
    if files := conf.key_files():
        absent = [str(each) for each in files if not os.access(each, os.R_OK)]
        if absent:
            raise Unmet(f"cannot be read: {', '.join(absent)}")
        return Seen(f"{len(files)} key files")
    origin = stored.head().origin
    signing = LogKey.objects.filter(name=origin, retired=None).exclude(encrypted_seed=None).order_by("id")
    known = list(signing.values_list("key_id", flat=True))
    if not known:
        raise Unmet(f"no key of {origin} signs: nothing was published yet")
    return Seen(f"{origin}: key {', '.join(known)}, kept encrypted")


def feed() -> Seen:
    """Whether the order of statements can be trusted."""
    problem = health.feed_problem()
    return Seen(problem or "in order", _passed(problem is None))


def _passed(good: bool) -> Result:
    return Result.PASSED if good else Result.FAILED


def _word(is_so: object) -> str:
    return "yes" if is_so else "no"
