"""A worker locks itself in, before it reads anything that is not ours.

What bubblewrap has done from outside by then is a file system, and namespaces, of its own. The rest is done
here, by the worker itself: Landlock where there is no bubblewrap, the system-call filter, and the limits.
"""

from __future__ import annotations

import contextlib
import os
import platform
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.check.confine import seccomp, undertaker
from rtlwright.server.check.confine.runner import limit_self

FILE_MB = 32
"""Largest file that a tool of the gate may write."""
_PROCESSES = 128
"""Of an ordinary user, in a namespace of its own. Root is exempt by the kernel."""
_COUNTED_PER_NAMESPACE = (5, 14)
"""The Linux from which on the count is that of the namespace, not of all that the user runs."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a worker's command line says: `SCRATCH MEMORY_MB MODE [READABLE…]`."""

    scratch: Path
    memory_mb: int
    mode: str
    readable: tuple[Path, ...]

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Cell:
        scratch, memory_mb, mode, *readable = arguments
        return cls(Path(scratch), int(memory_mb), mode, tuple(map(Path, readable)))

    def enter(self, file_mb: int = FILE_MB) -> Path:
        """Lock this process in; returns the scratch directory, the only place it can write to.

        Args:
            file_mb: the largest file that it may write.

        Raises:
            OSError: the kernel refused; nothing may run then.
        """
        if self.mode != "bubblewrap":
            undertaker.watch(self.scratch)
        if self.mode == "landlock":
            from rtlwright.server.check.confine.landlock import confine

            confine(self.readable, [self.scratch])
        if self.mode != "off":
            seccomp.forbid()
        if self.mode == "bubblewrap" and _linux() >= _COUNTED_PER_NAMESPACE:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NPROC, (_PROCESSES, _PROCESSES))
        limit_self(self.memory_mb, file_mb)
        os.umask(0o077)
        return self.scratch


def _linux() -> tuple[int, int]:
    major, _, rest = platform.release().partition(".")
    minor = rest.partition(".")[0]
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)
