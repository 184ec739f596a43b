"""Runs one tool inside the sandbox: both streams apart, a deadline, bounded output, nothing left running."""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from rtlwright.eval.job import Ended, ToolRun

KEEP = 1 << 16
"""Bytes kept of the beginning and, once more, of the end of a stream."""
FLOOD = 64 << 20
"""Bytes of a stream after which the tool is killed: no benchmark's testbench writes a hundredth of it."""


class Stream:
    """What a tool writes: the beginning and the end, and how much it was."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self.size = 0

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        room = KEEP - len(self._head)
        self._head += chunk[:room] if room > 0 else b""
        self._tail += chunk[room:] if room > 0 else chunk
        if len(self._tail) > 4 * KEEP:
            del self._tail[:-KEEP]

    @property
    def text(self) -> str:
        gap = b"\n" if self.size > len(self._head) + len(self._tail) else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode(errors="replace")


def run_tool(argv: Sequence[str], cwd: Path, timeout_s: float, stdin: Path | None = None) -> ToolRun:
    """Never raises for what the tool does. Its standard input is empty, or the file `stdin`.

    Raises:
        OSError: it cannot be started.
    """
    begun = time.monotonic()
    with Path(stdin or os.devnull).open("rb") as source:
        process = subprocess.Popen(
            argv, cwd=cwd, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TMPDIR": str(cwd), "HOME": str(cwd)},
        )  # fmt: skip
    seconds = int(timeout_s) + 2  # the wall clock decides; this is for what escapes it
    with contextlib.suppress(OSError, ValueError):
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (seconds, seconds))
    assert process.stdout and process.stderr
    out, err = Stream(), Stream()
    try:
        ended = _collect({process.stdout: out, process.stderr: err}, begun + timeout_s)
    finally:
        status = _finish(process, begun + timeout_s)
    if ended is Ended.EXITED and status < 0:
        ended = Ended.KILLED
    return ToolRun(ended, status, out.text, err.text, time.monotonic() - begun)


def _collect(streams: dict[IO[bytes], Stream], deadline: float) -> Ended:
    with selectors.DefaultSelector() as selector:
        for pipe, stream in streams.items():
            selector.register(pipe, selectors.EVENT_READ, stream)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return Ended.TIMEOUT
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.add(chunk)
                if key.data.size > FLOOD:
                    return Ended.FLOOD
    return Ended.EXITED


def _finish(process: subprocess.Popen[bytes], deadline: float) -> int:
    """The exit status; what the tool left in its group is killed."""
    limit = min(deadline, time.monotonic() + 1.0)
    while (
        process.poll() is None and time.monotonic() < limit
    ):  # it has closed its streams: it is about to end
        time.sleep(0.0003)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    status = process.wait()
    for pipe in (process.stdout, process.stderr):
        assert pipe
        pipe.close()
    return status
