"""Progress of long work on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from rtlwright.training.run import Progress

_LINE_SECONDS = 30.0


class Reporter:
    """Says how training goes; `quiet` silences all but notes."""

    def __init__(self, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._quiet = quiet
        self._bar: Bar | None = None
        self._last = Progress()
        self._spoke = time.monotonic()

    def begin(self, rows: int, too_long: float, parameters: int, device: str, threads: int) -> None:
        """Say what is trained on what."""
        self.note(f"{rows:,} rows ({too_long:.1%} of the specifications too long for a sequence)")
        self.note(f"{parameters / 1e6:.2f}M parameters on {device}, {threads} threads")
        if self._console.is_terminal and not self._quiet:
            text = TextColumn("{task.description}")
            columns = (text, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=self._console)
            self._bar.add_task("training", total=1.0)
            self._bar.start()

    def step(self, progress: Progress, done: float, loss: float, factor: float) -> None:
        """After every step; `done` is the finished share of the run."""
        now = time.monotonic()
        if self._last.step == 0 or progress.step <= self._last.step:
            self._last, self._spoke = progress, now
            return
        if self._quiet or now - self._spoke < (1.0 if self._bar else _LINE_SECONDS):
            return
        rate = (progress.tokens - self._last.tokens) / max(progress.seconds - self._last.seconds, 1e-9)
        line = f"step {progress.step}  loss {loss:.3f}  rate {factor:.2f}  {rate:,.0f} tokens/s"
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=min(done, 1.0), description=line)
        else:
            left = progress.seconds * (1 - done) / max(done, 1e-9) / 60
            self._console.print(f"{line}  {done:.1%} done, {left:.0f} min left")
        self._last, self._spoke = progress, now

    def note(self, text: str) -> None:
        """A line of its own."""
        self._console.print(text)

    def end(self) -> None:
        """Take the bar away; safe to call twice."""
        if self._bar:
            self._bar.stop()
            self._bar = None
