"""Attachment contents, kept once for each store and SHA-256; the only code that touches blob storage.

In: bytes with their digest. Out: the same bytes, streamed. Contents are never changed or removed here.

Crash story: contents are durable (written beside, synced, renamed) before the statements that name them are
stored. A crash between the two leaves a content without a statement; storing it again finds it there.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages

from lrs.errors import NotFound, Unavailable

STORAGE_ALIAS = "attachments"
_CHUNK_BYTES = 256 * 1024
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class DurableFileSystemStorage(FileSystemStorage):
    """A file is there whole or not at all, and once saved it survives a power cut."""

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]  # as the base class has it
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = target.with_name(f".{target.name}.{uuid4().hex}")
        try:
            with beside.open("xb") as file:
                for chunk in content.chunks(_CHUNK_BYTES):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            # A crash before this leaves a file that starts with a dot, which nothing reads.
            beside.replace(target)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return name


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def storage() -> Storage:
    """Return the storage of attachment contents (`STORAGES["attachments"]`)."""
    return storages[STORAGE_ALIAS]


def path_of(store_id: int, sha256: str) -> str:
    """Return where a store keeps a content, relative to the storage."""
    return f"attachments/{store_id}/{sha256[:2]}/{sha256}"


def keep(store_id: int, contents: Mapping[str, bytes]) -> None:
    """Write each content that is not there yet. Raises Unavailable where the disk is full or away."""
    for sha256, content in contents.items():
        path = path_of(store_id, sha256)
        try:
            if not storage().exists(path):
                storage().save(path, ContentFile(content))
        except OSError as error:
            reason = "full" if error.errno in _DISK_FULL else "not writable"
            raise Unavailable(
                f"The storage of attachments is {reason}; nothing was stored.", rule="attachment.storage"
            ) from error


def read(store_id: int, sha256: str) -> Iterator[bytes]:
    """Yield a content in pieces. Raises NotFound where the store has none under that digest."""
    path = path_of(store_id, sha256)
    try:
        file = storage().open(path, "rb")
    except FileNotFoundError as error:
        raise NotFound("No attachment has this SHA-256.", pointer="/sha2", value=sha256) from error
    with file:
        yield from file.chunks(_CHUNK_BYTES)
