"""Keeps vLLM running: starts it, waits for its health, starts it again when it ends, says in one line why."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rtlwright.server.errors import UserError
from rtlwright.server.model.launch.child import Child
from rtlwright.server.model.launch.faults import Fault, explain
from rtlwright.server.model.launch.flags import Command

LOG = logging.getLogger("rtlwright.vllm")
"""What becomes of vLLM, a line for each change; an error means that nobody tries any more."""

_LEVELS = {"waiting": logging.WARNING, "failed": logging.ERROR}


class Phase(StrEnum):
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    """It ended; the next start is not due yet."""
    FAILED = "failed"
    """It cannot be started; nobody tries any more."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, all of them."""

    start: float = 900.0
    poll: float = 0.5
    watch: float = 2.0
    """Between two looks at one that runs."""
    first_pause: float = 1.0
    longest_pause: float = 60.0
    settled: float = 300.0
    """One that ran for so long starts again at once, whatever was before."""
    look: float = 10.0
    """How long an answer to one may take: it is slow while the machine is."""
    silent: float = 60.0
    """One that does not answer for so long is killed."""
    futile: int = 5
    """Starts in a row that come to nothing, before it ever ran, until it is given up."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where vLLM answers; the key keeps other users of this machine out."""

    url: str
    key: str

    @property
    def api(self) -> str:
        return f"{self.url}/v1"


@dataclass(frozen=True, slots=True)
class ServerState:
    phase: Phase
    detail: str
    """One line."""
    restarts: int = 0
    since: float = 0.0
    """time.monotonic() of the last change of phase."""


class ModelServer:
    """Thread-safe. `start` returns at once; `wait` waits until there is something to ask, or a reason."""

    def __init__(
        self,
        command: Callable[[int], Command],
        name: str,
        log: Path,
        port: int = 0,
        patience: Patience = Patience(),
        on_ready: Callable[[Endpoint], None] | None = None,
    ):
        """`command` is asked for a port's argv; `on_ready` is called before anybody is told that it is ready.

        Raises:
            UserError: `port` is taken.
        """
        self.name = name
        self.log = log
        self._command, self._patience, self._on_ready = command, patience, on_ready
        self._fixed_port = port
        self._port = port or _free_port()
        if port and not _is_free(port):
            raise UserError(f"port {port} is taken by another program; set vllm.port to another, or to 0")
        self._key = secrets.token_urlsafe(24)
        self._change = threading.Condition()
        self._state = ServerState(Phase.STARTING, "not started yet", since=time.monotonic())
        self._child: Child | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._ran = False

    @property
    def state(self) -> ServerState:
        return self._state

    @property
    def endpoint(self) -> Endpoint:
        """May change from one start to the next where no port was asked for."""
        return Endpoint(f"http://127.0.0.1:{self._port}", self._key)

    @property
    def pid(self) -> int | None:
        """Process group of vLLM while there is one."""
        child = self._child
        return child.pid if child and child.status is None else None

    def start(self) -> None:
        """Idempotent."""
        with self._change:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="rtlwright-vllm", daemon=True)
                self._thread.start()

    def wait(self, timeout_s: float | None = None) -> ServerState:
        """Until it is ready, has failed or was stopped, or the time is over."""
        with self._change:
            self._change.wait_for(
                lambda: self._state.phase in (Phase.READY, Phase.FAILED, Phase.STOPPED), timeout_s
            )
            return self._state

    def close(self) -> None:
        """End vLLM, and everything that it started. Idempotent."""
        self._closing.set()
        child = self._child
        if child is not None:
            child.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(30)
        self._tell(Phase.STOPPED, "stopped")

    # The thread

    def _run(self) -> None:
        futile = 0
        while not self._closing.is_set():
            began = time.monotonic()
            fault = self._live()
            if self._closing.is_set():
                return
            settled = self._state.phase is Phase.READY and time.monotonic() - began > self._patience.settled
            futile = 0 if settled else futile + 1
            if not self._ran and (fault.lasting or futile >= self._patience.futile):
                self._tell(Phase.FAILED, f"{fault.reason} (log: {self.log})")
                return
            pause = min(self._patience.longest_pause, self._patience.first_pause * 2 ** max(0, futile - 1))
            self._tell(Phase.WAITING, f"{fault.reason}; next start in {pause:.0f} s (log: {self.log})", 1)
            self._closing.wait(pause)

    def _live(self) -> Fault:
        """From a start to an end."""
        self._tell(Phase.STARTING, f"vLLM is starting (log: {self.log})")
        try:
            child = self._child = Child(self._command(self._port), self.log, self.endpoint.url, self._key)
        except OSError as error:
            return Fault(
                f"vLLM cannot be started ({error.filename or self.log}: {error.strerror})", lasting=True
            )
        try:
            fault = self._until_ready(child) or self._while_ready(child)
        finally:
            child.kill() if self._closing.is_set() else child.stop(1.0)
        return fault

    def _until_ready(self, child: Child) -> Fault | None:
        began = time.monotonic()
        end = began + self._patience.start
        while not child.healthy():
            if child.status is not None:
                return self._fault(child)
            if self._closing.wait(self._patience.poll):
                return Fault("stopped")
            if time.monotonic() > end:
                return Fault(
                    f"vLLM was not ready after {self._patience.start:.0f} s; see vllm.start_timeout_s"
                )
        if child.status is not None:  # somebody else's answer: ours could not take the port
            return self._fault(child)
        child.warm_up(self.name, max(1.0, end - time.monotonic()))
        if self._on_ready is not None:
            self._on_ready(self.endpoint)
        self._ran = True
        seconds = time.monotonic() - began
        self._tell(Phase.READY, f"vLLM serves {self.name} after {seconds:.0f} s")
        return None

    def _while_ready(self, child: Child) -> Fault:
        answered = time.monotonic()
        while child.status is None:
            if self._closing.wait(self._patience.watch):
                return Fault("stopped")
            now = time.monotonic()
            if child.healthy(self._patience.look):
                answered = time.monotonic()
            elif child.status is None and now - answered > self._patience.silent:
                return Fault(f"vLLM did not answer for {self._patience.silent:.0f} s")
        return self._fault(child)

    def _fault(self, child: Child) -> Fault:
        fault = explain(child.said(), child.status or 0, self._port)
        if "is taken by" in fault.reason and not self._fixed_port:
            self._port = _free_port()
            return Fault(fault.reason)
        return fault

    def _tell(self, phase: Phase, detail: str, restarts: int = 0) -> None:
        with self._change:
            if self._state.phase is Phase.STOPPED:
                return
            self._state = ServerState(phase, detail, self._state.restarts + restarts, time.monotonic())
            self._change.notify_all()
        if phase is not Phase.STOPPED:
            LOG.log(_LEVELS.get(phase, logging.INFO), "%s", detail)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
