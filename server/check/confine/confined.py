"""A worker with a scratch directory of its own, which goes when the worker goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rtlwright.server.check.confine.sandbox import ENV, GATE_WORKER, Mode, Sandbox
from rtlwright.server.check.confine.scratch import Scratch
from rtlwright.server.check.confine.undertaker import kill_alike, kill_session
from rtlwright.server.worker import Worker


class ConfinedWorker(Worker):
    """A program (the gate's tools, unless another module is named) in a sandbox."""

    def __init__(
        self, name: str, sandbox: Sandbox, memory_mb: int, extra: Sequence[Path] = (),
        program: str = GATE_WORKER,
    ):  # fmt: skip
        super().__init__(name, self._start, dict(ENV))
        self._program = program
        self._sandbox, self._memory_mb, self._extra = sandbox, memory_mb, tuple(extra)
        self._scratch: Scratch | None = None

    def close(self) -> None:
        super().close()
        self._sweep()

    def _start(self) -> Sequence[str]:
        self._sweep()  # what a dead worker left behind is no business of the next
        # Bubblewrap has a file system of its own, in memory.
        self._scratch = None if self._sandbox.mode is Mode.BUBBLEWRAP else Scratch()
        path = self._scratch.path if self._scratch else None
        return self._sandbox.command(path, self._memory_mb, self._extra, self._program)

    def _ended(self, pid: int, argv: Sequence[str]) -> None:
        """Its tools end with it: in a namespace of processes all do; elsewhere they share its session."""
        if self._sandbox.mode is Mode.BUBBLEWRAP:
            kill_alike(argv)
        else:
            kill_session(pid)

    def _sweep(self) -> None:
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None
