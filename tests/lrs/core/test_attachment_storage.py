"""Attachment contents are there whole or not at all."""

from __future__ import annotations

import errno
import os
from hashlib import sha256
from pathlib import Path

import pytest
from django.test import override_settings

from lrs import attachments
from lrs.errors import NotFound, Unavailable

CONTENT = b"Forklift certificate of Ann Example" * 1000
DIGEST = sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(autouse=True)
def _storage(folder: Path) -> object:
    backend = {"BACKEND": "lrs.attachments.DurableFileSystemStorage", "OPTIONS": {"location": str(folder)}}
    with override_settings(STORAGES={attachments.STORAGE_ALIAS: backend}):
        yield


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_it_gives_back_what_it_was_given() -> None:
    attachments.keep(1, {DIGEST: CONTENT})
    assert b"".join(attachments.read(1, DIGEST)) == CONTENT


def test_it_keeps_a_content_once(folder: Path) -> None:
    attachments.keep(1, {DIGEST: CONTENT})
    [kept] = _files(folder)
    before = kept.stat().st_mtime_ns
    attachments.keep(1, {DIGEST: CONTENT})
    assert [(path, path.stat().st_mtime_ns) for path in _files(folder)] == [(kept, before)]


def test_it_keeps_stores_apart() -> None:
    attachments.keep(1, {DIGEST: CONTENT})
    with pytest.raises(NotFound):
        next(attachments.read(2, DIGEST))


def test_it_leaves_nothing_behind_when_the_disk_is_full(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Unavailable) as refused:
            attachments.keep(1, {DIGEST: CONTENT})
    assert refused.value.rule == "attachment.storage"
    assert _files(folder) == []
    attachments.keep(1, {DIGEST: CONTENT})
    assert b"".join(attachments.read(1, DIGEST)) == CONTENT


def test_it_never_reads_what_a_crash_left_half_written(folder: Path) -> None:
    attachments.keep(1, {DIGEST: CONTENT})
    [kept] = _files(folder)
    half = kept.with_name(f".{kept.name}.0123")
    kept.rename(half)
    with pytest.raises(NotFound):
        next(attachments.read(1, DIGEST))
    attachments.keep(1, {DIGEST: CONTENT})
    assert b"".join(attachments.read(1, DIGEST)) == CONTENT
