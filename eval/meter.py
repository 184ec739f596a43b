"""Progress of a run on stderr, with the time it will still take."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from rtlwright.server.terminal import error_console

_EVERY_S = 30.0


class Meter:
    """A bar on a terminal; a line now and then where stderr is no terminal."""

    def __init__(self, what: str, total: int, done: int = 0, quiet: bool = False):
        self._what, self._total, self._done, self._passed = what, total, done, 0
        self._began = self._told = time.monotonic()
        self._fresh = 0
        self._quiet = quiet
        self._live = sys.stderr.isatty() and not quiet
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(), TextColumn("{task.fields[note]}"), console=error_console(),
            disable=not self._live,
        )  # fmt: skip
        self._task = self._bar.add_task(what, total=total, completed=done, note="")

    def __enter__(self) -> Meter:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if kind is not None and self._done < self._total:
            self._say(f"stopped at {self._done} of {self._total}; the same command goes on from there")

    def step(self, passed: bool) -> None:
        """One more; called from any thread."""
        self._done += 1
        self._fresh += 1
        self._passed += passed
        self._bar.update(self._task, completed=self._done, note=f"{self._passed} passed")
        now = time.monotonic()
        if not self._live and now - self._told > _EVERY_S:
            self._told = now
            left = (now - self._began) / self._fresh * (self._total - self._done)
            self._say(f"{self._done}/{self._total}, {self._passed} passed, {left / 60:.0f} min left")

    def _say(self, words: str) -> None:
        if self._quiet:
            return
        print(f"{self._what}: {words}", file=sys.stderr, flush=True)
