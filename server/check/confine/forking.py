"""Runs a function in a copy of this process; for the worker that compares designs, which forks its proofs."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable

from rtlwright.server.check.confine.runner import Child, limit_cpu


def fork(name: str, body: Callable[[], None], *, timeout_s: float) -> Child:
    """Run `body` in a copy of this process; what it writes to standard output and error is collected."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(body, write, timeout_s)
    os.close(write)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    return Child(name, pid, read, time.monotonic() + timeout_s)


def _child(body: Callable[[], None], write: int, timeout_s: float) -> None:
    """Never returns. No descriptor of the worker stays open: its answers are no business of this process."""
    status = 1
    try:
        os.setpgid(0, 0)
        os.dup2(write, 1)
        os.dup2(write, 2)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.closerange(3, 256)
        limit_cpu(0, timeout_s)
        body()
        sys.stdout.flush()
        status = 0
    finally:
        os._exit(status)
