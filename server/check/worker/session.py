"""One batch of candidates through the tools, in the worker: syntax for all, Icarus and Yosys for the best."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from threading import Event

from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.check.icarus.stage import IcarusStage
from rtlwright.server.check.icarus.tool import IcarusTool
from rtlwright.server.check.refuse import acts
from rtlwright.server.check.reports import LEAVES_OPEN, LEFT_OUT
from rtlwright.server.check.slang.elaborator import Elaborator
from rtlwright.server.check.slang.raw import Raw
from rtlwright.server.check.stages import position, since, skipped, staged, unchecked
from rtlwright.server.check.unfinished.closing import Closed
from rtlwright.server.check.unfinished.hole import Closing, Hole, Outcome
from rtlwright.server.check.unfinished.judge import Judge
from rtlwright.server.check.unfinished.survivor import Survivor, written
from rtlwright.server.check.worker.bases import Bases
from rtlwright.server.check.worker.flight import Flight
from rtlwright.server.check.yosys.jobs import Yosys
from rtlwright.server.check.yosys.stage import YosysStage
from rtlwright.server.types import Diagnostic, Severity, StageResult, Status


@dataclass(frozen=True, slots=True)
class Text:
    """A candidate as the worker gets it."""

    index: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What of the configuration the tools need."""

    icarus: IcarusInstall | None
    iverilog_missing: str
    """Why there is no `iverilog`, with the command that installs it."""
    yosys: str
    timeout_s: float
    best: int


@dataclass
class Session:
    """Checks candidates for one document in one project."""

    elaborator: Elaborator
    document: str
    standard: str
    settings: Settings
    scratch: Path
    icarus: IcarusTool | None
    yosys: Yosys
    emit: Callable[[int, StageResult], None]
    stop: Event
    bases: Bases = field(default_factory=Bases)
    """Kept as long as the project is in the same state."""
    _holes: dict[tuple[int, int], Hole] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limit = self.settings.timeout_s
        severity = Severity.ERROR if self.settings.yosys == "fail" else Severity.WARNING
        self._yosys = (
            None
            if self.settings.yosys == "off"
            else YosysStage(self.yosys, severity, limit, self.stop, self.bases)
        )
        self._icarus = (
            IcarusStage(self.icarus, self.standard, limit, self.scratch, self.stop, self.bases)
            if self.icarus
            else None
        )

    def run(self, candidates: Sequence[Text]) -> None:
        """Emit every stage of every candidate as it ends; returns early once `stop` is set."""
        with Flight(
            self._icarus, self.settings.iverilog_missing, self._yosys, self.emit, self.stop
        ) as flight:
            try:
                left = self.settings.best
                for candidate in candidates:
                    if self.stop.is_set():
                        return
                    left -= self._syntax(candidate, flight if left > 0 else None)
                    flight.look()
                flight.land()
            finally:
                for candidate in candidates:
                    shutil.rmtree(self._directory(candidate.index), ignore_errors=True)

    def _syntax(self, candidate: Text, flight: Flight | None) -> bool:
        """Whether the tools are at work on it; without a flight they are not asked."""
        begun = time.perf_counter()
        hole = self._hole(candidate.start, candidate.end)
        closing = hole.close(candidate.text)
        if closing.outcome is Outcome.CLEAN and closing.closed.closure.cursor.inactive:
            self.emit(candidate.index, unchecked("syntax", LEFT_OUT, since(begun)))
            for name in ("icarus", "yosys"):
                self.emit(candidate.index, skipped(name, LEFT_OUT))
            return False
        survivor = self._survivor(candidate, hole, closing) if flight else None
        # What macros hide is not known yet.
        run = flight.ahead(survivor) if flight and survivor and "`" not in candidate.text else None
        judge = survivor.judge if survivor else hole.judge(closing)
        found, missing = self._judged(hole, closing, judge, candidate)
        if closing.outcome is Outcome.CLEAN and judge.unfinished and _fails(found):
            # A parser accepts `MAIN:` before `SIDE: …` as a label; what is unfinished may be meant otherwise.
            other = hole.dropped(candidate.text)
            if other is not None and other.outcome is Outcome.CLEAN:
                again = self._judged(hole, other, hole.judge(other), candidate)
                if not _fails(again[0]):
                    closing, (found, missing) = other, again
                    if flight and run:
                        flight.drop(run)
                    run = None
                    survivor = self._survivor(candidate, hole, other) if flight else None
        stage = staged("syntax", found, since(begun))
        self.emit(candidate.index, stage)
        if survivor and flight and stage.status is not Status.FAIL:
            flight.take(replace(survivor, missing=survivor.missing | missing), run)
            return True
        if flight and run:
            flight.drop(run)
        if stage.status is not Status.FAIL and closing.outcome is not Outcome.CLEAN:
            for name in ("icarus", "yosys"):
                reason = "the file has a syntax error that is not the candidate's"
                self.emit(candidate.index, skipped(name, reason))
        return False

    def _survivor(self, candidate: Text, hole: Hole, closing: Closing) -> Survivor | None:
        """With its closed text written; none where that does not parse."""
        if closing.outcome is not Outcome.CLEAN:
            return None
        directory = self._directory(candidate.index)
        directory.mkdir(parents=True, exist_ok=True)
        project = self.elaborator.project
        file = written(directory / PurePosixPath(project.document_path).name, closing.closed.closure.text)
        return Survivor(
            candidate.index, candidate.text, hole, closing, hole.judge(closing), project.missing, file
        )

    def _judged(
        self, hole: Hole, closing: Closing, judge: Judge, candidate: Text
    ) -> tuple[list[Diagnostic], frozenset[str]]:
        """(what slang has against the candidate, modules that are in no file)."""
        closed = closing.closed
        if closing.outcome is not Outcome.CLEAN:
            return [
                _diagnostic(hole, closed, candidate, e, Severity.ERROR) for e in closing.fresh
            ], frozenset()
        fresh, everything = hole.semantic(closing)
        found = [
            _diagnostic(hole, closed, candidate, error, judgement.severity)
            for error, judgement in judge.errors(fresh)
            if judgement.severity is not None
        ]
        if hole.left_open(candidate.text):
            found.append(Diagnostic(Severity.WARNING, 0, 0, LEAVES_OPEN, "rtlwright"))
        found += self._acting(closing, candidate)
        missing = (error.names[0] for error in everything if error.code == "UnknownModule" and error.names)
        return found, frozenset(missing)

    def _acting(self, closing: Closing, candidate: Text) -> list[Diagnostic]:
        """What macros hid from the refusal: calls that the expanded text has with the candidate alone."""
        if "`" not in candidate.text:
            return []
        expanded = self.elaborator.expanded
        fresh = acts(expanded(closing.closed.parsed)) - acts(expanded(closing.base.parsed))
        return [Diagnostic(Severity.ERROR, 0, 0, reason, "rtlwright") for reason in fresh]

    def _hole(self, start: int, end: int) -> Hole:
        if (start, end) not in self._holes:
            self._holes[start, end] = Hole(self.elaborator, self.document, start, end)
        return self._holes[start, end]

    def _directory(self, index: int) -> Path:
        return self.scratch / f"c{index}"


def _fails(found: Sequence[Diagnostic]) -> bool:
    return any(diagnostic.severity is Severity.ERROR for diagnostic in found)


def _diagnostic(hole: Hole, closed: Closed, candidate: Text, error: Raw, severity: Severity) -> Diagnostic:
    """Placed in the document with the candidate in it."""
    if error.offset < 0:
        return Diagnostic(severity, error.line, 0, error.message, "slang", error.file)
    text = hole.prefix + candidate.text + hole.suffix
    line, column = position(text, hole.document_offset(closed, error.offset, candidate.text))
    return Diagnostic(severity, line, column, error.message, "slang")
