"""The worker's side of the process that Yosys jobs are forked from."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtlwright.server.check.confine.runner import Child, Ended
from rtlwright.server.check.yosys.host import OUTPUT_CAP, STATUS

_MAX_READS = 5000
"""Files that a host reads before a fresh one is begun; each leaves some kilobytes behind."""
_START_S = 2.0
_PROGRAM = "rtlwright.server.check.yosys.host"


@dataclass
class HostedChild(Child):
    """A job of the host. Closing its pipe is enough to have it killed."""

    log: int = -1
    host: Host | None = None
    _word: bytes = b""

    def take(self) -> Ended | None:
        chunk = os.read(self.fd, STATUS.size)
        self._word += chunk
        return None if chunk and len(self._word) < STATUS.size else Ended.EXITED

    def end(self, ended: Ended) -> None:
        self.ended = ended
        if ended is Ended.TIMEOUT and self.host is not None:
            self.host.doubted = True
        if ended is Ended.EXITED:
            self.exit_status = -signal.SIGKILL  # of the host: a job of its own always has a status
            if len(self._word) == STATUS.size:
                self.exit_status, reads = STATUS.unpack(self._word)
                if self.host is not None:
                    self.host.reads = reads
            if self.exit_status < 0:
                self.ended = Ended.FLOOD if self.exit_status == -signal.SIGXFSZ else Ended.KILLED
        self.output += os.pread(self.log, OUTPUT_CAP, 0)
        for fd in (self.fd, self.log):
            os.close(fd)
        self.ms = (time.perf_counter() - self.started) * 1e3


class Host:
    """Started at the first job, and again after it has died."""

    def __init__(self, scratch: Path):
        self._scratch = scratch
        self._link: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.reads = 0
        """Files of projects that it has read so far, in this life."""
        self._greeted = False
        self.doubted = False
        """A job did not end in time: was it the job, or is the host stuck?"""

    def submit(self, request: Mapping[str, Any], timeout_s: float) -> HostedChild:
        """Start a job; its answer is collected by `runner.gather`."""
        self.wait()  # its start is no part of a job's time
        text, log = os.memfd_create("request"), os.memfd_create("log")
        read, write = os.pipe()
        child = HostedChild("yosys", 0, read, time.monotonic() + timeout_s, log=log, host=self)
        try:
            os.write(text, json.dumps({**request, "timeout_s": timeout_s}).encode())
            self._send([text, log, write])
        finally:
            for fd in (text, write):
                os.close(fd)
        return child

    def start(self) -> None:
        """Start it, without waiting for it to be ready. Idempotent while it lives."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The interpreter is isolated (-I); what this one can import, that one can, too.
        start = f"import sys; sys.path[:] = {sys.path!r}; from {_PROGRAM} import main; main(sys.argv[1:])"
        argv = [sys.executable, "-I", "-c", start, str(theirs.fileno()), str(self._scratch)]
        self._process = subprocess.Popen(argv, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
        theirs.close()
        self._link, self.reads, self.doubted, self._greeted = ours, 0, False, False

    def wait(self) -> None:
        """Until it is ready, or dead, or takes so long that something must have stopped it."""
        self.start()
        if self._link is not None and not self._greeted:
            self._link.settimeout(_START_S)
            with contextlib.suppress(OSError):
                self._link.recv(1)
            self._link.settimeout(None)
            self._greeted = True

    def tidy(self) -> None:
        """Between two checks: Yosys gives back little of what it took."""
        if self.doubted or self.reads > _MAX_READS:
            self.close()
            self.start()

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._link = self._process = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _send(self, fds: list[int]) -> None:
        """Once more with a fresh one, if it has died; after that the job's pipe tells."""
        for _ in range(2):
            self.start()
            assert self._link is not None
            with contextlib.suppress(OSError):
                socket.send_fds(self._link, [b"?"], fds)
                return
            self.close()
