"""The process that Yosys jobs are forked from: nothing in it but pyosys, so that a fork costs little.

Started by `link.Host` inside the sandbox. A request is one byte over a socket with three descriptors: a
memory file with the request as JSON, one for the job's output, and a pipe that gets (exit status, files read
so far) once the job has ended, and that whoever no longer wants the answer closes. It ends with its worker.

While nothing is asked, a spare fork waits that has touched the memory which a job will want: a quarter of a
small job's time would go into that. A spare that is older than the designs is thrown away.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtlwright.server.check.yosys.designs import Command, Designs, Read
from rtlwright.server.memory import release_startup_pages

OUTPUT_CAP = 1 << 20
FIRST, AGAIN = " first", " again"
"""Behind a job's marker: a check begins, and it begins anew with constants folded."""
STATUS = struct.Struct("=ii")
REQUEST_FDS = 3
_PR_SET_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
"""Of mallopt(3)."""
_KEEP_MB, _TOUCH_MB = 8, 3
_IDLE_MS = 10
"""Without a request, before a spare is made: in the midst of a batch it would be in the way."""
_REST_MS = 2000
"""Without a request, before it is let go: it has ten megabytes of its own, and saves some milliseconds."""
UNDRIVEN = re.compile(r"Wire [^.\s]+\.\\?([A-Za-z_][\w$]*)\S* .*is used but has no driver")
_WARM = b"module warm(input c, d, output reg q); always @(posedge c) q <= d; endmodule\n"


@dataclass(frozen=True)
class _Spare:
    """A fork that waits for a job."""

    pid: int
    link: socket.socket
    designs: int
    """The version of the designs that it has."""


@dataclass
class _Job:
    pid: int
    status: int
    """Where its exit status goes."""
    ended: int
    """A descriptor that is readable when the process has ended; -1 where the kernel has none."""


class YosysHost:
    """Answers requests until its link is closed."""

    def __init__(self, link: socket.socket, scratch: Path):
        self._link, self._scratch = link, scratch
        self._jobs: dict[int, _Job] = {}
        self._poll = select.poll()
        self._patience = 1.0
        self._libc = ctypes.CDLL(None)
        self._designs = Designs(self._kept, self._survives)
        self._spare: _Spare | None = None
        self._rests = False
        """Nobody has asked since the last spare was let go."""

    def serve(self) -> None:
        _quiet()
        self._keep_memory()
        warm(self._scratch)
        release_startup_pages()
        gc.collect()
        gc.freeze()
        gc.disable()
        self._poll.register(self._link, select.POLLIN)
        self._link.send(b"!")
        while True:
            slow = any(job.ended < 0 for job in self._jobs.values())
            idle = not self._jobs and self._spare is None and not self._rests
            found = self._poll.poll(1 if slow else _IDLE_MS if idle else _REST_MS if self._spare else None)
            if idle and not found:
                self._spare = self._spared()
            elif self._spare is not None and not found and not slow:
                self._let_go(self._spare)
                self._spare, self._rests = None, True
            for fd, event in found:
                if fd == self._link.fileno():
                    if not self._request():
                        return
                elif fd in self._jobs and event & select.POLLERR:
                    _kill(self._jobs[fd].pid)  # nobody waits for it any longer
            for job in list(self._jobs.values()):
                self._reap(job)

    def _request(self) -> bool:
        word, fds, _, _ = socket.recv_fds(self._link, 1, REQUEST_FDS)
        if not word:
            return False
        self._rests = False
        text, output, status = fds
        size = os.fstat(text).st_size
        request = json.loads(os.pread(text, size, 0))
        self._patience = request["timeout_s"]
        design, script = self._prepared(request)
        pid = self._handed_over(text, output) or self._fork(
            lambda: _job(script, design, request), output, request["timeout_s"]
        )
        os.close(text)
        os.close(output)
        job = _Job(pid, status, _descriptor(pid))
        self._jobs[status] = job
        self._poll.register(status, 0)
        if job.ended >= 0:
            self._poll.register(job.ended, select.POLLIN)
        return True

    def _handed_over(self, text: int, output: int) -> int:
        """The spare fork that does the job now; 0 if there is none that could."""
        spare, self._spare = self._spare, None
        if spare is None:
            return 0
        with spare.link:
            if spare.designs == self._designs.version:
                with contextlib.suppress(OSError):
                    socket.send_fds(spare.link, [b"?"], [text, output])
                    return spare.pid
        self._let_go(spare)
        return 0

    def _let_go(self, spare: _Spare) -> None:
        spare.link.close()
        _kill(spare.pid)
        os.waitpid(spare.pid, 0)

    def _spared(self) -> _Spare:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        null = os.open(os.devnull, os.O_WRONLY)
        pid = self._fork(lambda: self._wait(theirs), null, self._patience, keep=theirs.fileno())
        os.close(null)
        theirs.close()
        return _Spare(pid, ours, self._designs.version)

    def _wait(self, link: socket.socket) -> None:
        """The life of a spare."""
        self._touch()
        word, fds, _, _ = socket.recv_fds(link, 1, 2)
        link.close()
        if not word:
            return
        text, output = fds
        request = json.loads(os.pread(text, os.fstat(text).st_size, 0))
        for target in (1, 2):
            os.dup2(output, target)
        os.closerange(3, 256)
        _limit(request["timeout_s"])
        design, script = self._prepared(request)
        _job(script, design, request)

    def _keep_memory(self) -> None:
        """What is freed stays mapped, so that a fork can touch beforehand what it will take."""
        for option in (_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD):
            self._libc.mallopt(option, _KEEP_MB << 20)

    def _touch(self) -> None:
        warm(self._scratch, write=False)
        self._libc.malloc.restype = ctypes.c_void_p
        taken = self._libc.malloc(ctypes.c_size_t(_TOUCH_MB << 20))
        if taken:
            ctypes.memset(taken, 0, _TOUCH_MB << 20)
            self._libc.free(ctypes.c_void_p(taken))

    def _prepared(self, request: Mapping[str, Any]) -> tuple[Any, list[Command]]:
        """(the design to begin with, what is left to do)."""
        os.chdir(request["directory"])
        files = tuple(Read.decode(each) for each in request["files"])
        script = [tuple(command) for command in request["script"]]
        design = self._designs.get(files, request["stamp"]) if files else None
        return design, script if design is not None else [*(file.command for file in files), *script]

    def _kept(self, commands: Sequence[Command], design: Any) -> Any:
        """In this process: a fork has survived it, and should it hang all the same, the alarm ends it."""
        signal.setitimer(signal.ITIMER_REAL, 2 * self._patience)
        try:
            return _on_design(commands, design)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _survives(self, commands: Sequence[Command], design: Any) -> bool:
        null = os.open(os.devnull, os.O_WRONLY)
        pid = self._fork(lambda: _on_design(commands, design), null, self._patience)
        os.close(null)
        deadline = time.monotonic() + self._patience
        while not (found := os.waitpid(pid, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                _kill(pid)
            time.sleep(0.001)
        return found[1] == 0

    def _fork(self, body: Callable[[], object], output: int, timeout_s: float, keep: int = -1) -> int:
        pid = os.fork()
        if pid == 0:
            self._child(body, output, timeout_s, keep)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        return pid

    def _child(self, body: Callable[[], object], output: int, timeout_s: float, keep: int) -> None:
        """Never returns. No descriptor of the host stays open, but for `keep`."""
        status = 1
        try:
            os.setpgid(0, 0)
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.closerange(3, max(keep, 3))
            os.closerange(max(keep, 2) + 1, 256)
            if keep < 0:
                _limit(timeout_s)
            body()
            status = 0
        finally:
            os._exit(status)

    def _reap(self, job: _Job) -> None:
        if os.waitid(os.P_PID, job.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return
        _kill(job.pid)  # its group: while it is not reaped, no other can have its number
        _, status = os.waitpid(job.pid, 0)
        with contextlib.suppress(OSError):
            os.write(job.status, STATUS.pack(os.waitstatus_to_exitcode(status), self._designs.reads))
        for fd in (job.status, job.ended):
            if fd >= 0:
                self._poll.unregister(fd)
                os.close(fd)
        del self._jobs[job.status]


def _limit(timeout_s: float) -> None:
    seconds = int(timeout_s) + 2
    for limit, value in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, OUTPUT_CAP)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (value, value))


def warm(scratch: Path, *, write: bool = True) -> None:
    """Run the passes once on a text of our own: what they set up at their first use, a fork inherits."""
    file = scratch / "warm.v"
    if write:
        file.write_bytes(_WARM)
    script: list[Command] = [("read_verilog", "-sv", str(file)), ("hierarchy",), ("proc",), ("check",)]
    _on_design([("tee", "-q", *command) for command in script], None)


def _job(script: Sequence[Command], design: Any, request: Mapping[str, Any]) -> None:
    """The body of a job: its last word is the marker, if it comes so far.

    Folding constants can only take complaints away (a loop through what is never chosen): without any it is
    left out. What was said before it is between two marks then, for `jobs.said` to take out.
    """
    design = _on_design(script, design)
    _say(f"{request['marker']}{FIRST}")
    begin = os.fstat(1).st_size
    _on_design(request["check"], design)
    if _complains(os.pread(1, OUTPUT_CAP, begin), request["names"]):
        _say(f"{request['marker']}{AGAIN}")
        _on_design(request["again"], design)
    _say(request["marker"])


def _complains(output: bytes, names: Sequence[str] | None) -> bool:
    """About something else than wires that other than `names` were left without a driver by blanking them."""
    known = None if names is None else frozenset(names)
    warnings = (line for line in output.decode(errors="replace").splitlines() if "Warning" in line)
    return any(known is None or not (wire := UNDRIVEN.search(line)) or wire[1] in known for line in warnings)


def _say(line: str) -> None:
    os.write(1, f"\n{line}\n".encode())


def _on_design(commands: Sequence[Command], design: Any) -> Any:
    from pyosys import libyosys

    design = libyosys.Design() if design is None else design
    for command in commands:
        libyosys.Pass.call(design, list(command))
    libyosys.log_flush()
    return design


def _quiet() -> None:
    """What Yosys says in this process nobody reads; its jobs have outputs of their own."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(null, fd)
    os.close(null)


def _descriptor(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main(arguments: Sequence[str]) -> None:
    descriptor, scratch = int(arguments[0]), Path(arguments[1])
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    YosysHost(socket.socket(fileno=descriptor), scratch).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
