"""Runs children next to each other, inside the sandbox: with a deadline, an output cap and no leftovers."""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

OUTPUT_CAP = 1 << 20
_CHUNK = 1 << 16


class Ended(StrEnum):
    """How a child came to its end."""

    EXITED = "exited"
    KILLED = "killed by a signal"
    TIMEOUT = "ran past its time limit"
    FLOOD = "wrote more output than it may"
    CANCELLED = "cancelled"


@dataclass
class Child:
    """A process in a group of its own whose output is collected."""

    name: str
    pid: int
    fd: int
    deadline: float
    output: bytearray = field(default_factory=bytearray)
    ended: Ended | None = None
    exit_status: int = -1
    started: float = field(default_factory=time.perf_counter)
    ms: float = 0.0

    @property
    def ok(self) -> bool:
        return self.ended is Ended.EXITED and self.exit_status == 0

    @property
    def text(self) -> str:
        return self.output.decode(errors="replace")

    @property
    def reason(self) -> str:
        """One line for `unchecked`."""
        if self.ended is Ended.KILLED:
            return f"{self.name} was killed by signal {-self.exit_status}"
        return f"{self.name} {self.ended or 'has not ended'}"


def spawn(name: str, argv: Sequence[str], *, cwd: Path, timeout_s: float, env: dict[str, str]) -> Child:
    """Start a tool; its standard output and error are one stream.

    Raises:
        OSError: it cannot be started.
    """
    read, write = os.pipe()
    try:
        process = subprocess.Popen(
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=write, stderr=write, process_group=0
        )
    except OSError:
        os.close(read)
        raise
    finally:
        os.close(write)
    _limit_cpu(process.pid, timeout_s)
    process.returncode = 0  # reaped by `gather`, by its pid
    return Child(name, process.pid, read, time.monotonic() + timeout_s)


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
        _limit_cpu(0, timeout_s)
        body()
        sys.stdout.flush()
        status = 0
    finally:
        os._exit(status)


def gather(children: Sequence[Child], stop: threading.Event) -> Iterator[Child]:
    """The children in the order in which they end; every one is dead and reaped when it is yielded."""
    with selectors.DefaultSelector() as selector:
        for child in children:
            selector.register(child.fd, selectors.EVENT_READ, child)
        try:
            while selector.get_map():
                yield from _step(selector, stop)
        finally:
            for key in list(selector.get_map().values()):
                _finish(key.data, Ended.CANCELLED)
                selector.unregister(key.fd)


def _step(selector: selectors.BaseSelector, stop: threading.Event) -> Iterator[Child]:
    now = time.monotonic()
    waiting = [key.data for key in selector.get_map().values()]
    wait = max(0.0, min(0.02, min(child.deadline for child in waiting) - now))
    ready = {key.fd for key, _ in selector.select(wait)}
    now = time.monotonic()
    for child in waiting:
        ended = Ended.CANCELLED if stop.is_set() else _read(child) if child.fd in ready else None
        if ended is None and now >= child.deadline:
            ended = Ended.TIMEOUT
        if ended is not None:
            selector.unregister(child.fd)
            _finish(child, ended)
            yield child


def _read(child: Child) -> Ended | None:
    chunk = os.read(child.fd, _CHUNK)
    child.output += chunk
    if not chunk:
        return Ended.EXITED
    return Ended.FLOOD if len(child.output) > OUTPUT_CAP else None


def _finish(child: Child, ended: Ended) -> None:
    if ended is Ended.EXITED:
        # The stream has ended, the process nearly has; a child that only closed its output is killed.
        limit = min(child.deadline, time.monotonic() + 1.0)
        while not _reap(child) and time.monotonic() < limit:
            time.sleep(0.0002)
    _kill_group(child.pid)
    if child.exit_status == -1 and child.ended is None:
        with contextlib.suppress(ChildProcessError):
            _note(child, os.waitpid(child.pid, 0)[1])
    os.close(child.fd)
    child.ms = (time.perf_counter() - child.started) * 1e3
    child.ended = Ended.KILLED if ended is Ended.EXITED and child.exit_status < 0 else ended


def _reap(child: Child) -> bool:
    try:
        pid, status = os.waitpid(child.pid, os.WNOHANG)
    except ChildProcessError:
        return True
    if pid:
        _note(child, status)
        child.ended = Ended.EXITED
    return bool(pid)


def _note(child: Child, status: int) -> None:
    child.exit_status = os.waitstatus_to_exitcode(status)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _limit_cpu(pid: int, timeout_s: float) -> None:
    """Wall-clock time is watched here; this is for what escapes the watching."""
    seconds = int(timeout_s) + 2
    with contextlib.suppress(OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))


def limit_self(memory_mb: int, file_mb: int) -> None:
    """Limits of this process and its children: address space beyond what is mapped now, files, core."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    space = pages * resource.getpagesize() + memory_mb * 2**20
    for limit, value in (
        (resource.RLIMIT_AS, space),
        (resource.RLIMIT_FSIZE, file_mb * 2**20),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (value, value))
