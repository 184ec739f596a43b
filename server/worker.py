"""A worker process: whatever may hang, crash or be attacked runs in one, and may die at any moment.

Frames are a 4-byte big-endian length and that many bytes of UTF-8 JSON, over the child's stdin and
stdout. The child begins with `{"ready"}`. A call is `{"id", "method", "params"}`; answers are
`{"id", "part"}` any number of times, then
`{"id", "result"}` or `{"id", "error"}`. `{"cancel": id}` asks the child to stop early. JSON and not
pickle: the answer of a process that a candidate has taken over is data, never code.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from rtlwright.server import processes
from rtlwright.server.frames import read_frame
from rtlwright.server.types import Cancel, Cancelled

_STDERR_TAIL = 4096
_LAST_WORDS_S = 0.2
_COLD = 5.0
"""So much longer than the start of the process may take what its first call has to load."""
_SWEEP_S = 1.0
"""How long closing waits until nothing of a worker is left."""
_GLANCE_S = 0.5
"""How often a call that takes long looks whether its process was stopped."""

# `prctl(PR_SET_PDEATHSIG)`, and so bubblewrap's --die-with-parent, fires when the *thread* that forked
# ends. All children are therefore born of this one thread, which lives as long as the process.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rtlwright-spawner")


class WorkerError(Exception):
    """The call has no result. The message is one line, fit to be shown as the reason of `unchecked`."""


class WorkerDied(WorkerError):  # noqa: N818 - read as a sentence at the call sites
    """The process ended before it answered (a crash, a kill, a limit)."""


class WorkerTimeout(WorkerError):  # noqa: N818
    """The deadline passed; the process was killed."""


class WorkerRefused(WorkerError):  # noqa: N818
    """The child answered with an error."""


class Worker:
    """A child process that answers calls; started at the first call, and again after it has died.

    Thread-safe. Several calls may be under way; the child decides in which order it works.
    """

    def __init__(self, name: str, command: Callable[[], Sequence[str]], env: dict[str, str] | None = None):
        """`command` is asked for the argv at each start, `env` is the child's whole environment."""
        self.name = name
        self._command = command
        self._env = env
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._closed = False
        self.starts = 0

    def call(
        self,
        method: str,
        params: Any = None,
        *,
        timeout_s: float,
        start_s: float = 0.0,
        cancel: Cancel | None = None,
        on_part: Callable[[Any], None] | None = None,
    ) -> Any:
        """The child's result for `method(params)`, within `timeout_s`.

        With `start_s`, the start of the child and what it does only once count apart: the first call may take
        so much longer, if the start took long.

        Raises:
            WorkerDied, WorkerTimeout, WorkerRefused: as their names say.
            Cancelled: `cancel` was set; the child has been told and goes on living.
        """
        process = self._running()
        call = process.submit(method, params, on_part)
        if cancel is not None:
            cancel.on_cancel(lambda: process.cancel(call))
        try:
            return process.result(call, timeout_s, start_s)
        except FutureTimeout:
            process.kill()
            raise WorkerTimeout(f"{self.name}: no answer within {timeout_s:g} s") from None

    @property
    def pid(self) -> int | None:
        """Process id of the running child, if there is one."""
        process = self._process
        return process.popen.pid if process and process.usable else None

    def close(self) -> None:
        """End the child; further calls raise `WorkerDied`. Idempotent."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process:
            process.kill(_SWEEP_S)

    def restart(self) -> None:
        """Kill the child; the next call starts a fresh one."""
        with self._lock:
            process, self._process = self._process, None
        if process:
            process.kill()

    def _running(self) -> _Process:
        with self._lock:
            if self._closed:
                raise WorkerDied(f"{self.name}: closed")
            if self._process is None or not self._process.usable:
                self.starts += 1
                self._process = _Process(self.name, self._command(), self._env, self._ended)
            return self._process

    def _ended(self, pid: int, argv: Sequence[str]) -> None:
        """The child `pid` has been killed, or has ended itself: for what it may have left behind."""


class _Call:
    def __init__(self, id: int, on_part: Callable[[Any], None] | None):
        self.id = id
        self.on_part = on_part
        self.future: Future[Any] = Future()


class _Process:
    """One life of a worker."""

    def __init__(
        self, name: str, argv: Sequence[str], env: dict[str, str] | None,
        on_end: Callable[[int, Sequence[str]], None],
    ):  # fmt: skip
        self.name = name
        self._argv, self._on_end = argv, on_end
        self._calls: dict[int, _Call] = {}
        self._next_id = 0
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._stderr = b""
        self.alive = True
        self._killed = False
        self._spawned = time.monotonic()
        self._ready: float | None = None
        """When it has told that it listens."""
        self._answered = False
        self._swept = threading.Event()
        try:
            self.popen = _spawner.submit(_spawn, argv, env).result()
        except OSError as error:
            raise WorkerDied(f"{name}: cannot be started ({error.strerror}: {argv[0]})") from None
        self._words = threading.Thread(target=self._read_stderr, name=f"rtlwright-{name}-words", daemon=True)
        self._words.start()
        threading.Thread(target=self._read_answers, name=f"rtlwright-{name}", daemon=True).start()

    @property
    def usable(self) -> bool:
        """Nothing has ended it yet; the reader may learn of an end later than we do."""
        return self.alive and not self._killed and self.popen.poll() is None

    def submit(self, method: str, params: Any, on_part: Callable[[Any], None] | None) -> _Call:
        with self._lock:
            self._next_id += 1
            call = _Call(self._next_id, on_part)
            if not self.alive:
                raise WorkerDied(f"{self.name}: ended before the call")
            self._calls[call.id] = call
        self._send({"id": call.id, "method": method, "params": params})
        return call

    def result(self, call: _Call, timeout_s: float, start_s: float) -> Any:
        """What `call` came to. One that somebody has stopped would keep everybody waiting: it is killed.

        Raises:
            FutureTimeout: nothing in time.
            WorkerDied, WorkerRefused, Cancelled: as they say.
        """
        begun, seen = time.monotonic(), False
        start_s = 0.0 if self._answered else start_s
        while (left := self._deadline(begun, timeout_s, start_s) - time.monotonic()) > _GLANCE_S:
            with contextlib.suppress(FutureTimeout):
                return call.future.result(_GLANCE_S)
            stopped = processes.stopped(self.popen.pid)
            if stopped and seen:
                self.kill()
            seen = stopped
        return call.future.result(max(0.0, left))

    def _deadline(self, begun: float, timeout_s: float, start_s: float) -> float:
        """Of a call made at `begun`. Where the start takes long, so does a first call: it loads libraries."""
        if self._ready is None:
            return begun + timeout_s + start_s
        cold = min(start_s, _COLD * (self._ready - self._spawned))
        return (max(begun, self._ready) if start_s else begun) + timeout_s + cold

    def cancel(self, call: _Call) -> None:
        with self._lock:
            waiting = self._calls.pop(call.id, None)
        if waiting:
            self._send({"cancel": call.id})
            _fail(call.future, Cancelled())

    def kill(self, wait_s: float = 0.0) -> None:
        """Kill the process and what it left; wait no longer than `wait_s` until that is done."""
        with self._lock:
            first, self._killed = not self._killed, True
        if first:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            threading.Thread(target=self._hang_up, name=f"rtlwright-{self.name}-end", daemon=True).start()
        self._swept.wait(wait_s)

    def _hang_up(self) -> None:
        """A sandbox that was still being set up misses the signal; what is in it ends when its input does."""
        try:
            # First: what is left and has been stopped may hold the pipes open, and keep their ends waiting.
            self._on_end(self.popen.pid, self._argv)
        finally:
            self._swept.set()
        with self._write_lock, contextlib.suppress(OSError, ValueError):
            assert self.popen.stdin is not None
            self.popen.stdin.close()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        with self._write_lock, contextlib.suppress(OSError, ValueError):  # the reader reports the death
            assert self.popen.stdin is not None
            self.popen.stdin.write(len(body).to_bytes(4, "big") + body)
            self.popen.stdin.flush()

    def _read_answers(self) -> None:
        reason = "ended"
        try:
            assert self.popen.stdout is not None
            while (message := read_frame(self.popen.stdout)) is not None:
                self._deliver(message)
        except OSError as error:
            reason = f"pipe broke ({error.strerror})"
        except Exception as error:  # whatever a child that was taken over sends, its calls come to an end
            reason = f"sent what is no answer ({type(error).__name__}: {str(error)[:200]})"
        self.kill()
        code = self.popen.wait()
        self._words.join(_LAST_WORDS_S)
        for stream in (self.popen.stdin, self.popen.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        with self._lock:
            self.alive = False
            calls, self._calls = self._calls, {}
        for call in calls.values():
            _fail(call.future, WorkerDied(f"{self.name}: {reason} ({self._exit(code)})"))

    def _deliver(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self._ready = self._ready or time.monotonic()
            return
        call_id = message["id"]
        if "part" in message:
            call = self._calls.get(call_id)
            if call and call.on_part:
                call.on_part(message["part"])
            return
        result = None if "error" in message else message["result"]  # if neither is there, the calls end here
        with self._lock:
            call = self._calls.pop(call_id, None)
        self._answered = True
        if call is None:  # cancelled meanwhile
            return
        if "error" in message:
            if message.get("last"):
                self.kill()  # the next call starts a fresh one
            _fail(call.future, WorkerRefused(str(message["error"])[:2000]))
        else:
            call.future.set_result(result)

    def _read_stderr(self) -> None:
        assert self.popen.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            while chunk := self.popen.stderr.read1(65536):  # type: ignore[attr-defined]
                self._stderr = (self._stderr + chunk)[-_STDERR_TAIL:]

    def _exit(self, code: int) -> str:
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        lines = self._stderr.decode(errors="replace").strip().splitlines()
        return f"{how}: {lines[-1][:200]}" if lines else how


def _spawn(argv: Sequence[str], env: dict[str, str] | None) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, env=env, start_new_session=True)


def _fail(future: Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
