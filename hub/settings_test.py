"""Settings of the test suite: no static manifest, a fast hasher, a cache in the process. Migrations run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hub.settings import *

SECRET_KEY = "a-key-that-only-the-test-suite-uses-0123456789-abcdefghij"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "lrs.auth.hasher.KeyedHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "attachments": {"BACKEND": "lrs.attachments.DurableFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = Path(tempfile.gettempdir()) / "lrs-hub-tests"
CELERY_BROKER_URL = "memory://"
HUB_DATABASE_OWNER = None  # tests make their tables as the role they run as
SECURE_SSL_REDIRECT = False
WHITENOISE_AUTOREFRESH = True  # no folder of collected files, and no warning that there is none
