"""The child's side of `worker`: answers calls from stdin until stdin ends or the parent dies."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from rtlwright.server.frames import read_frame
from rtlwright.server.memory import be_frugal, give_back

_PR_SET_PDEATHSIG = 1
_IDLE_S = 0.5
_OUT_OF_MEMORY = 12
"""Exit status; nobody reads it but a person."""


class Job:
    """One call, as the method that answers it sees it."""

    def __init__(self, id: int, send: Callable[[dict[str, Any]], None]):
        self._id = id
        self._send = send
        self.cancelled = threading.Event()

    def part(self, value: Any) -> None:
        """Send an intermediate result."""
        self._send({"id": self._id, "part": value})


Method = Callable[[Any, Job], Any]
_Entry = tuple[Job, str, Any] | None


def serve(
    methods: Mapping[str, Method], rest: Callable[[], object] | None = None, rest_after_s: float = 60.0
) -> None:
    """Answer calls one after the other, in the order in which they came. Returns when stdin ends.

    Stdout belongs to the protocol alone: whatever a library prints goes to stderr. An exception of a
    method is an error answer, not the end of the worker; but one that has run out of memory ends, since
    libraries keep what they had taken, and everything after it would fail, too. `rest` is called when nothing
    was asked for a while, once: what can be had again quickly need not be kept all night.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    be_frugal()
    jobs: queue.Queue[_Entry] = queue.Queue()
    lock = threading.Lock()

    def send(message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        with lock:
            answers.write(len(body).to_bytes(4, "big") + body)
            answers.flush()

    send({"ready": True})
    threading.Thread(target=_read, args=(jobs, send), daemon=True).start()
    while (entry := _next(jobs, rest, rest_after_s)) is not None:
        job, method, params = entry
        if not job.cancelled.is_set():
            _answer(job, methods.get(method), method, params, send)


def _next(jobs: queue.Queue[_Entry], rest: Callable[[], object] | None, rest_after_s: float) -> _Entry:
    """The next call; where none comes for a while, free memory goes back first."""
    with contextlib.suppress(queue.Empty):
        return jobs.get(timeout=_IDLE_S)
    give_back()
    if rest is not None:
        with contextlib.suppress(queue.Empty):
            return jobs.get(timeout=rest_after_s)
        rest()
        give_back()
    return jobs.get()


def _read(jobs: queue.Queue[_Entry], send: Callable[[dict[str, Any]], None]) -> None:
    running: dict[int, Job] = {}
    try:
        while (message := read_frame(sys.stdin.buffer)) is not None:
            if "cancel" in message:
                job = running.get(message["cancel"])
                if job:
                    job.cancelled.set()
                continue
            job = Job(message["id"], send)
            running[message["id"]] = job
            for old in [key for key in running if key < message["id"] - 256]:
                del running[old]
            jobs.put((job, message["method"], message["params"]))
    finally:
        # The parent is gone: nobody waits for what is under way, and it may be stuck in a library.
        os._exit(0)


def _answer(job: Job, method: Method | None, name: str, params: Any, send: Callable[..., None]) -> None:
    if method is None:
        send({"id": job._id, "error": f"no method {name!r}"})
        return
    try:
        result = method(params, job)
    except MemoryError as error:
        send({"id": job._id, "error": f"out of memory ({error})", "last": True})
        os._exit(_OUT_OF_MEMORY)
    except Exception as error:
        send({"id": job._id, "error": f"{type(error).__name__}: {error}"})
    else:
        send({"id": job._id, "result": result})


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
