"""Scratch directories on this side of a sandbox, for the modes that have no file system of their own.

Each is locked as long as its owner lives. Whoever makes one removes what others have left: a process that is
killed together with its worker has nobody to do it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "rtlwright-"
_FRESH_S = 30.0
"""Between the making of a directory and its locking there is a moment."""


class Scratch:
    """A fresh directory in memory, if there is such a place; locked until it is removed."""

    def __init__(self) -> None:
        place = _place()
        sweep(place)
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=place))
        self._lock = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # a file system without locks: then nothing is swept, either
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove(self) -> None:
        """Idempotent."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def sweep(place: Path) -> None:
    """Remove the scratch directories of this user below `place` whose owners are gone."""
    with contextlib.suppress(OSError), os.scandir(place) as scan:
        for entry in scan:
            if entry.name.startswith(_PREFIX) and _abandoned(entry):
                shutil.rmtree(entry.path, ignore_errors=True)


def _abandoned(entry: os.DirEntry[str]) -> bool:
    """Only what is certainly ours: a directory of this user that nobody else may enter, and unlocked."""
    try:
        status = entry.stat(follow_symlinks=False)
        ours = entry.is_dir(follow_symlinks=False) and status.st_uid == os.getuid()
        if not ours or status.st_mode & 0o077 or time.time() - status.st_mtime < _FRESH_S:
            return False
        fd = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _place() -> Path:
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
