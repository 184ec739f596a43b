"""A worker with a scratch directory of its own, which goes when the worker goes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from rtlwright.server.check.sandbox import ENV, GATE_WORKER, Sandbox, scratch_directory
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
        self._scratch: Path | None = None

    def close(self) -> None:
        super().close()
        self._sweep()

    def _start(self) -> Sequence[str]:
        self._sweep()  # what a dead worker left behind is no business of the next
        self._scratch = scratch_directory(self._sandbox)
        return self._sandbox.command(self._scratch, self._memory_mb, self._extra, self._program)

    def _sweep(self) -> None:
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None
