"""Ends what a worker leaves behind, where no namespace of processes does it.

A worker without a process-id namespace may be killed while its tools run, each in a process group of
its own, or its parent may be. They all share the worker's session, which the system-call filter lets
nobody leave. The undertaker is a small process in that session that outlives the worker, kills the rest
and removes the scratch.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from rtlwright.server import processes

_PR_SET_PDEATHSIG = 1
_PATIENCE_S = 5.0


def watch(scratch: Path) -> None:
    """Start the undertaker of this process; call it in the main thread, before any other one runs."""
    worker = os.getpid()
    if os.fork():
        return
    try:
        _await_end(worker)
        kill_session(os.getsid(0), spared=os.getpid())
        shutil.rmtree(scratch, ignore_errors=True)
    finally:
        os._exit(0)


def kill_session(session: int, spared: int = 0) -> None:
    """Kill every process of a session, until none is left that could start another one."""
    deadline = time.monotonic() + _PATIENCE_S
    while (found := processes.session(session) - {spared}) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


def kill_alike(argv: Sequence[str]) -> None:
    """Kill every process that runs exactly this command.

    bubblewrap sets a sandbox up in a process that leaves the group of the first, and then asks to die with
    it: in between, that death passes it by. If it was stopped there, nothing else would ever end it.
    """
    wanted = b"\0".join(map(os.fsencode, argv)) + b"\0"
    for pid in processes.table():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes() == wanted:
                os.kill(pid, signal.SIGKILL)


def _await_end(worker: int) -> None:
    """Of the worker: the kernel tells of it. What is sent to the worker's process group passes by."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    os.setpgid(0, 0)
    # Whoever reads the worker's answers waits for their end: no end of that pipe may stay open here.
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.closerange(3, 256)
    while os.getppid() == worker:
        signal.sigtimedwait({signal.SIGTERM}, 1.0)
