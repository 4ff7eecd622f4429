"""The data folder: there, writable, private, and held by one hub at a time.

In: its path. Out: a held lock, or `CannotStart`. The lock is the kernel's and goes with the process: a
killed hub never leaves a folder locked.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.embedded import folders
from hub.errors import CannotStart, Exit


class DataFolder:
    """A data folder held by this process; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        #: Whether the hub that held it last was killed rather than stopped.
        self.left_behind = False
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._descriptor = os.open(self.path / "hub.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.path} cannot be written: {error.strerror};"
                " set HUB_DATA_DIR to one that can.",
                code=Exit.FOLDER_NOT_WRITABLE,
            ) from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise CannotStart(
                f"The data folder {self.path} is in use by another hub (process {holder or 'unknown'});"
                " stop that one or set HUB_DATA_DIR to another folder.",
                code=Exit.FOLDER_IN_USE,
            ) from None
        self.left_behind = bool(os.read(self._descriptor, 20).strip())
        self._note(str(os.getpid()))
        folders.make_secret_key(self.path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._note("")
        os.close(self._descriptor)

    def _note(self, text: str) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode("ascii"), 0)
