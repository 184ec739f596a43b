"""Runs children next to each other, inside the sandbox: with a deadline, an output cap and no leftovers."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import select
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

OUTPUT_CAP = 1 << 20
_CHUNK = 1 << 16
_GRACE_S = 1.0
"""For a process that has closed its output and still has to end."""
_GLANCE_S = 0.02
"""How often to look whether somebody wants us to stop, where that cannot be waited for."""


class Ended(StrEnum):
    """How a child came to its end."""

    EXITED = "exited"
    KILLED = "killed by a signal"
    TIMEOUT = "ran past its time limit"
    FLOOD = "wrote more output than it may"
    CANCELLED = "cancelled"


@dataclass
class Child:
    """A process in a group of its own whose output is collected, or several in a row, as in a pipe."""

    name: str
    pid: int
    """Of the first; its group is named after it."""
    fd: int
    deadline: float
    output: bytearray = field(default_factory=bytearray)
    ended: Ended | None = None
    exit_status: int = -1
    """Of the last."""
    started: float = field(default_factory=time.perf_counter)
    ms: float = 0.0
    others: tuple[int, ...] = ()
    """Processes behind the first."""

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

    def take(self) -> Ended | None:
        """Read what is there; an end, if it is one."""
        chunk = os.read(self.fd, _CHUNK)
        self.output += chunk
        if not chunk:
            return Ended.EXITED
        return Ended.FLOOD if len(self.output) > OUTPUT_CAP else None

    def end(self, ended: Ended) -> None:
        """Dead and reaped, whatever it was at."""
        running = [self.pid, *self.others]
        if ended is Ended.EXITED:
            limit = min(self.deadline, time.monotonic() + _GRACE_S)
            running = [pid for pid in running if not self._reaped(pid, limit)]
        _kill_group(self.pid)
        for pid in running:
            with contextlib.suppress(ChildProcessError):
                self._note(pid, os.waitpid(pid, 0)[1])
        os.close(self.fd)
        self.ms = (time.perf_counter() - self.started) * 1e3
        self.ended = Ended.KILLED if ended is Ended.EXITED and self.exit_status < 0 else ended

    def _reaped(self, pid: int, limit: float) -> bool:
        """The stream has ended, the process nearly has; one that only closed its output is killed."""
        try:
            while (found := os.waitpid(pid, os.WNOHANG))[0] == 0:
                if (left := limit - time.monotonic()) <= 0:
                    return False
                _await(pid, left)
        except ChildProcessError:
            return True
        self._note(pid, found[1])
        return True

    def _note(self, pid: int, status: int) -> None:
        code = os.waitstatus_to_exitcode(status)
        if self.others and code < 0:  # of several in a row it is told as a shell tells it
            self.output += f"\n{signal.strsignal(-code)}\n".encode()
            code = 128 - code
        if pid == (self.pid, *self.others)[-1]:
            self.exit_status = code


def spawn(
    name: str, argv: Sequence[str], *, cwd: Path, timeout_s: float, env: dict[str, str],
    then: Sequence[str] = (), stdin: int = subprocess.DEVNULL,
) -> Child:  # fmt: skip
    """Start a tool; its standard output and error are one stream.

    With `then`, that program reads the standard output of the first, and its status is the child's.

    Raises:
        OSError: it cannot be started.
    """
    read, write = os.pipe()
    pids: list[int] = []
    try:
        if then:
            middle, feed = os.pipe()
            try:
                pids.append(_popen(argv, stdin, feed, write, cwd, env, 0, timeout_s))
                pids.append(_popen(then, middle, write, write, cwd, env, pids[0], timeout_s))
            finally:
                os.close(middle)
                os.close(feed)
        else:
            pids.append(_popen(argv, stdin, write, write, cwd, env, 0, timeout_s))
    except OSError:
        os.close(read)
        for pid in pids:
            _kill_group(pid)
            os.waitpid(pid, 0)
        raise
    finally:
        os.close(write)
    return Child(name, pids[0], read, time.monotonic() + timeout_s, others=tuple(pids[1:]))


def _popen(
    argv: Sequence[str], stdin: int, stdout: int, stderr: int, cwd: Path, env: dict[str, str],
    group: int, timeout_s: float,
) -> int:  # fmt: skip
    process = subprocess.Popen(
        argv, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, process_group=group
    )
    limit_cpu(process.pid, timeout_s)
    process.returncode = 0  # reaped by `Child.end`, by its pid
    return process.pid


class Gathering:
    """Children that run next to each other; more may join while they run."""

    def __init__(self, stop: threading.Event):
        self._stop = stop
        self._selector = selectors.DefaultSelector()
        self._waker = getattr(stop, "fileno", lambda: -1)()
        if self._waker >= 0:
            self._selector.register(self._waker, selectors.EVENT_READ, None)

    def __enter__(self) -> Gathering:
        return self

    def __exit__(self, *_: object) -> None:
        """What has not ended is cancelled."""
        for child in self.running:
            self.cancel(child)
        self._selector.close()

    @property
    def running(self) -> list[Child]:
        return [key.data for key in self._selector.get_map().values() if key.data]

    def add(self, child: Child) -> None:
        self._selector.register(child.fd, selectors.EVENT_READ, child)

    def cancel(self, child: Child) -> None:
        self._selector.unregister(child.fd)
        child.end(Ended.CANCELLED)

    def ended(self, *, wait: bool) -> Iterator[Child]:
        """Those that have ended by now, dead and reaped; with `wait`, look until something happens."""
        running = self.running
        if not running:
            return
        now = time.monotonic()
        glance = math.inf if self._waker >= 0 else _GLANCE_S
        limit = max(0.0, min(glance, min(child.deadline for child in running) - now)) if wait else 0.0
        ready = {key.fd for key, _ in self._selector.select(limit)}
        now = time.monotonic()
        for child in running:
            ended = Ended.CANCELLED if self._stop.is_set() else child.take() if child.fd in ready else None
            if ended is None and now >= child.deadline:
                ended = Ended.TIMEOUT
            if ended is not None:
                self._selector.unregister(child.fd)
                child.end(ended)
                yield child


def gather(children: Sequence[Child], stop: threading.Event) -> Iterator[Child]:
    """The children in the order in which they end; every one is dead and reaped when it is yielded."""
    with Gathering(stop) as gathering:
        for child in children:
            gathering.add(child)
        while gathering.running:
            yield from gathering.ended(wait=True)


def _await(pid: int, seconds: float) -> None:
    """Until the process has ended, or a moment where the kernel cannot tell."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        time.sleep(min(0.0002, seconds))
        return
    try:
        select.select([descriptor], [], [], seconds)
    finally:
        os.close(descriptor)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def limit_cpu(pid: int, timeout_s: float) -> None:
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
