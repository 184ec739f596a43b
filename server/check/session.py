"""One batch of candidates through the tools, inside the worker: syntax for all, Icarus and Yosys for the best."""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Event

from rtlwright.server.check import icarus, yosys
from rtlwright.server.check.closing import Closed
from rtlwright.server.check.constructs import unsupported
from rtlwright.server.check.hole import Closing, Hole, Outcome
from rtlwright.server.check.judge import Judge
from rtlwright.server.check.runner import Child, gather, spawn
from rtlwright.server.check.slang import Elaborator, Raw
from rtlwright.server.check.stubs import stubs
from rtlwright.server.types import Diagnostic, Severity, StageResult, Status

ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}

Emit = Callable[[int, StageResult], None]


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

    iverilog: str | None
    iverilog_missing: str
    """Why there is no `iverilog`, with the command that installs it."""
    yosys: str
    timeout_s: float
    best: int


@dataclass
class _Open:
    """A candidate whose syntax is in order, on its way through Icarus and Yosys."""

    index: int
    text: str
    hole: Hole
    closing: Closing
    judge: Judge
    missing: frozenset[str]
    file: Path


@dataclass
class Session:
    """Checks candidates for one document in one project."""

    elaborator: Elaborator
    document: str
    standard: str
    settings: Settings
    scratch: Path
    emit: Emit
    stop: Event
    _holes: dict[tuple[int, int], Hole] = field(default_factory=dict)
    _bases: dict[tuple[str, str], object] = field(default_factory=dict)

    def run(self, candidates: Sequence[Text]) -> None:
        """Emit every stage of every candidate as it ends; returns early once `stop` is set."""
        survivors: list[_Open] = []
        for candidate in candidates:
            if self.stop.is_set():
                return
            if (survivor := self._syntax(candidate)) and len(survivors) < self.settings.best:
                survivors.append(survivor)
        try:
            for begin in range(0, len(survivors), 2):
                self._tools(survivors[begin : begin + 2])
        finally:
            for survivor in survivors:
                shutil.rmtree(survivor.file.parent, ignore_errors=True)

    def _syntax(self, candidate: Text) -> _Open | None:
        begun = time.perf_counter()
        hole = self._hole(candidate.start, candidate.end)
        closing = hole.close(candidate.text)
        judge, known = hole.judge(closing), frozenset[str]()
        found: list[Diagnostic] = []
        if closing.outcome is Outcome.CLEAN:
            fresh, everything = hole.semantic(closing)
            known = frozenset(e.names[0] for e in everything if e.code == "UnknownModule" and e.names)
            for error, judgement in judge.errors(fresh):
                assert judgement.severity is not None
                found.append(self._diagnostic(hole, closing.closed, candidate.text, error, judgement.severity))
            if self.elaborator.imports_foreign_code(closing.closed.parsed):
                found.append(_refusal("imports foreign code (DPI)"))
        else:
            found = [self._diagnostic(hole, closing.closed, candidate.text, e) for e in closing.fresh]
        stage = staged("syntax", begun, found)
        self.emit(candidate.index, stage)
        if stage.status is Status.FAIL:
            return None
        if closing.outcome is not Outcome.CLEAN:
            self._skip(candidate.index, "the file has a syntax error that is not the candidate's")
            return None
        return self._open(candidate, hole, closing, judge, known)

    def _open(self, candidate: Text, hole: Hole, closing: Closing, judge: Judge, known: frozenset[str]) -> _Open:
        missing = known | self.elaborator.project.missing
        directory = self.scratch / f"c{candidate.index}"
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / PurePosixPath(self.elaborator.project.document_path).name
        file.write_text(closing.closed.closure.text, encoding="utf-8", errors="replace", newline="")
        return _Open(candidate.index, candidate.text, hole, closing, judge, missing, file)

    def _hole(self, start: int, end: int) -> Hole:
        if (start, end) not in self._holes:
            self._holes[start, end] = Hole(self.elaborator, self.document, start, end)
        return self._holes[start, end]

    # Icarus and Yosys, side by side ---------------------------------------------------------------

    def _tools(self, batch: Sequence[_Open]) -> None:
        runs: dict[int, tuple[_Open, str, yosys.Run | None]] = {}
        children: list[Child] = []
        for each in batch:
            for name, child, run in self._starts(each):
                runs[id(child)] = (each, name, run)
                children.append(child)
        for child in gather(children, self.stop):
            each, name, run = runs[id(child)]
            if self.stop.is_set():
                continue
            stage = self._icarus(each, child) if name == "icarus" else self._yosys(each, child, run)
            self.emit(each.index, stage)

    def _starts(self, each: _Open) -> Iterator[tuple[str, Child, yosys.Run | None]]:
        if self.settings.iverilog is None:
            self.emit(each.index, StageResult("icarus", Status.SKIPPED, 0.0, (), self.settings.iverilog_missing))
        else:
            yield "icarus", self._spawn_icarus(each.hole, each.closing.closed, each.file, each.missing), None
        reason = self._no_yosys(each)
        if reason:
            self.emit(each.index, StageResult("yosys", Status.SKIPPED, 0.0, (), reason))
        else:
            run = self._start_yosys(each.hole, each.closing.closed, each.file, each.missing)
            yield "yosys", run.child, run

    def _spawn_icarus(self, hole: Hole, closed: Closed, file: Path, missing: frozenset[str]) -> Child:
        assert self.settings.iverilog is not None
        sources = hole.sources(closed.closure.text)
        extra = self._stubs(file, [closed.closure.text, *(source.file.text for source in sources)], missing)
        argv = icarus.command(
            self.settings.iverilog, self.elaborator.project, file, sources, hole.tops(closed), self.standard, extra
        )
        env = {**ENV, "TMPDIR": str(file.parent)}
        return spawn("iverilog", argv, cwd=self.elaborator.project.directory, timeout_s=self.settings.timeout_s, env=env)

    def _stubs(self, file: Path, texts: Sequence[str], missing: frozenset[str]) -> tuple[Path, ...]:
        text = stubs(texts, missing) if missing else ""
        if not text:
            return ()
        place = file.parent / "rtlwright_stubs.v"
        place.write_text(text, encoding="utf-8")
        return (place,)

    def _icarus(self, each: _Open, child: Child) -> StageResult:
        begun = time.perf_counter() - child.ms / 1e3
        reason = icarus_reason(child, each.file)
        if reason:
            return StageResult("icarus", Status.UNCHECKED, child.ms, (), reason)
        found = [m for m in icarus.messages(child.text, each.file) if m.kind is not icarus.Kind.WARNING]
        if not found:
            return StageResult("icarus", Status.PASS, round(child.ms, 3))
        base = self._icarus_base(each)
        if base is None:
            return StageResult("icarus", Status.UNCHECKED, child.ms, (), "iverilog did not finish on the file as it is")
        fresh = icarus.fresh(each.judge, found, base)
        return self._icarus_stage(each, fresh, found, base, begun)

    def _icarus_stage(
        self, each: _Open, fresh: Sequence[tuple[icarus.Message, icarus.Judgement]],
        found: Sequence[icarus.Message], base: Counter[tuple[str, tuple[str, int]]], begun: float,
    ) -> StageResult:  # fmt: skip
        sorry = next((m for m, j in fresh if m.kind is icarus.Kind.SORRY), None)
        if sorry:
            ms = (time.perf_counter() - begun) * 1e3
            return StageResult("icarus", Status.SKIPPED, ms, (), f"Icarus cannot judge this: {sorry.text}")
        if any(message.kind is icarus.Kind.SYNTAX for message in found):
            reason = self._unsupported(each) or (
                "Icarus cannot read the file as it is"
                if any(text == "syntax error" for text, _ in base)
                else None
            )
            if reason:
                return StageResult("icarus", Status.SKIPPED, (time.perf_counter() - begun) * 1e3, (), reason)
        lines = icarus.Lines.of(each.judge)
        return staged(
            "icarus",
            begun,
            [
                Diagnostic(j.severity, lines.document(m.line) or 0 if m.file is None else m.line, 0, m.text, "icarus", m.file)
                for m, j in fresh
                if j.severity is not None
            ],
        )

    def _unsupported(self, each: _Open) -> str | None:
        """A construct that this Icarus cannot read at all, as a canned example shows."""
        assert self.settings.iverilog is not None
        return unsupported(each.closing.closed.closure.text, self.settings.iverilog, self.scratch, ENV)

    def _icarus_base(self, each: _Open) -> Counter[tuple[str, tuple[str, int]]] | None:
        """The errors of the same closure without the candidate."""
        closed = each.closing.base
        name = ("icarus", f"{each.hole.start}:{closed.closure.text}")
        if name not in self._bases:
            file = self._base_file(each, closed)
            child = self._spawn_icarus(each.hole, closed, file, each.missing)
            for _ in gather([child], self.stop):
                pass
            judge = Judge(closed, frozenset(), frozenset(), False)
            done = child.ended is not None and not icarus_reason(child, file)
            self._bases[name] = icarus.counted(judge, icarus.messages(child.text, file)) if done else None
        return self._bases[name]  # type: ignore[return-value]

    def _base_file(self, each: _Open, closed: Closed) -> Path:
        directory = each.file.parent / "base"
        directory.mkdir(exist_ok=True)
        file = directory / each.file.name
        file.write_text(closed.closure.text, encoding="utf-8", errors="replace", newline="")
        return file

    def _no_yosys(self, each: _Open) -> str | None:
        if self.settings.yosys == "off":
            return "switched off"
        if concerns_dpi(each.closing.closed.closure.text):
            return "the file imports foreign code (DPI), which Yosys would run"
        if any(concerns_dpi(source.file.text) for source in each.hole.sources(each.closing.closed.closure.text)):
            return "the project imports foreign code (DPI), which Yosys would run"
        if not each.hole.tops(each.closing.closed):
            return "no module to synthesize"
        return None

    def _start_yosys(self, hole: Hole, closed: Closed, file: Path, missing: frozenset[str]) -> yosys.Run:
        sources = hole.sources(closed.closure.text)
        project = self.elaborator.project
        job = yosys.Job(
            file,
            sorted(hole.tops(closed))[0],
            tuple(s.file.path for s in sources if not s.has_packages),
            tuple(s.file.path for s in sources if s.has_packages),
            tuple(str(path) for path in project.search_path),
            tuple(project.defines.items()),
            True,  # Yosys reads Verilog-2005 as SystemVerilog well enough; the dialect is for the others to judge
            project.directory,
        )
        return yosys.start(job, self.settings.timeout_s)

    def _yosys(self, each: _Open, child: Child, run: yosys.Run | None) -> StageResult:
        assert run is not None
        begun = time.perf_counter() - child.ms / 1e3
        found = yosys.complaints(child.text, each.file)
        stopped = next((c for c in found if c.error), None)
        if not yosys.finished(run) and not (stopped and child.exit_status == 1):
            return StageResult("yosys", Status.UNCHECKED, child.ms, (), f"{child.reason}, without its end marker")
        if not found:
            return StageResult("yosys", Status.PASS, round(child.ms, 3))
        base = self._yosys_base(each)
        if base is None:
            return StageResult("yosys", Status.SKIPPED, child.ms, (), "Yosys cannot read the file as it is")
        fresh = [c for c in yosys.fresh(found, base) if self._counts(each, c)]
        unread = next((c for c in fresh if c.error and "syntax error" in c.text), None)
        if unread:
            return StageResult("yosys", Status.SKIPPED, child.ms, (), f"Yosys cannot read this: {unread.text}")
        severity = Severity.ERROR if self.settings.yosys == "fail" else Severity.WARNING
        return staged("yosys", begun, [self._complaint(each, c, severity) for c in fresh])

    def _counts(self, each: _Open, complaint: yosys.Complaint) -> bool:
        """Not what the closure made up, and not what the unfinished rest may still mend."""
        if "rtlwright_" in complaint.text or complaint.signal in each.missing:
            return False
        open_end = bool(each.closing.closed.closure.inserted.strip())
        lines = icarus.Lines.of(each.judge)
        line = lines.document(complaint.line) if complaint.file is None else 0
        if complaint.error and each.judge.unfinished and (line is None or lines.statement <= line <= lines.cursor):
            return False
        lacking = "no driver" in complaint.text or "Latch inferred" in complaint.text
        return not (lacking and (open_end or each.missing))

    def _complaint(self, each: _Open, complaint: yosys.Complaint, severity: Severity) -> Diagnostic:
        line = icarus.Lines.of(each.judge).document(complaint.line) if complaint.line and not complaint.file else None
        if line is None and complaint.signal:
            match = re.search(rf"\b{re.escape(complaint.signal)}\b", each.text)
            if match:
                line = each.hole.prefix.count("\n") + each.text.count("\n", 0, match.start()) + 1
        return Diagnostic(severity, line or 0, 0, complaint.text, "yosys")

    def _yosys_base(self, each: _Open) -> Sequence[yosys.Complaint] | None:
        closed = each.closing.base
        if not each.hole.tops(closed):
            return ()
        name = ("yosys", f"{each.hole.start}:{closed.closure.text}")
        if name not in self._bases:
            file = self._base_file(each, closed)
            run = self._start_yosys(each.hole, closed, file, each.missing)
            for _ in gather([run.child], self.stop):
                pass
            found = yosys.complaints(run.child.text, file)
            self._bases[name] = found if yosys.finished(run) else None
        return self._bases[name]  # type: ignore[return-value]

    def _skip(self, index: int, reason: str) -> None:
        for name in ("icarus", "yosys"):
            self.emit(index, StageResult(name, Status.SKIPPED, 0.0, (), reason))

    def _diagnostic(
        self, hole: Hole, closed: Closed, candidate: str, error: Raw, severity: Severity = Severity.ERROR
    ) -> Diagnostic:
        if error.offset < 0:
            return Diagnostic(severity, error.line, 0, error.message, "slang", error.file)
        text = hole.prefix + candidate + hole.suffix
        offset = hole.document_offset(closed, error.offset, candidate)
        line, column = position(text, offset)
        return Diagnostic(severity, line, column, error.message, "slang")


def position(text: str, offset: int) -> tuple[int, int]:
    """1-based line and 1-based UTF-16 column."""
    offset = max(0, min(offset, len(text)))
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, len(text[start:offset].encode("utf-16-le", "replace")) // 2 + 1


def concerns_dpi(text: str) -> bool:
    """It may import foreign code; a comment that says so is enough to be careful."""
    return "DPI" in text


def icarus_reason(child: Child, file: Path) -> str | None:
    """Why its word does not count, if so."""
    if not child.ended or child.ended.value != "exited":
        return child.reason
    if child.exit_status and not icarus.messages(child.text, file) and "top level" not in child.text:
        return f"iverilog ended with status {child.exit_status} and said nothing"
    return None


def _refusal(what: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, 0, 0, what, "rtlwright")


def staged(name: str, begun: float, found: Sequence[Diagnostic]) -> StageResult:
    severities = {diagnostic.severity for diagnostic in found}
    status = (
        Status.FAIL if Severity.ERROR in severities else Status.WARN if Severity.WARNING in severities else Status.PASS
    )
    return StageResult(name, status, round((time.perf_counter() - begun) * 1e3, 3), tuple(found))
