"""A candidate whose syntax is in order, on its way through Icarus and Yosys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rtlwright.server.check.unfinished.closing import Closed
from rtlwright.server.check.unfinished.hole import Closing, Hole
from rtlwright.server.check.unfinished.judge import Judge
from rtlwright.server.check.worker.project import Source


@dataclass(frozen=True)
class Survivor:
    """The candidate closed, next to the closure without it."""

    index: int
    text: str
    hole: Hole
    closing: Closing
    judge: Judge
    missing: frozenset[str]
    """Modules that are in no file."""
    file: Path
    """Holds the closed text."""

    @property
    def closed(self) -> Closed:
        return self.closing.closed

    @property
    def base(self) -> Closed:
        return self.closing.base

    @property
    def base_key(self) -> tuple[object, ...]:
        """Equal for survivors of one state of the project that are compared with the same text."""
        return self.hole.start, self.base.closure.text, self.missing

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        return self.hole.sources(self.closed.closure.text)

    def base_file(self) -> Path:
        """The file with the closure without the candidate, written anew."""
        directory = self.file.parent / "base"
        directory.mkdir(exist_ok=True)
        return written(directory / self.file.name, self.base.closure.text)


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8", errors="replace", newline="")
    return file
