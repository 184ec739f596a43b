"""Whole files, inside the worker: every error counts, none is compared with anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from rtlwright.server.check.confine.runner import Child, gather
from rtlwright.server.check.icarus import said
from rtlwright.server.check.icarus.constructs import unsupported
from rtlwright.server.check.icarus.end import end_file
from rtlwright.server.check.icarus.run import Run
from rtlwright.server.check.icarus.shortcomings import assertion
from rtlwright.server.check.icarus.stage import errors, silent, stub_file, weight
from rtlwright.server.check.icarus.tool import IcarusTool
from rtlwright.server.check.places import named
from rtlwright.server.check.slang.consequences import Consequences
from rtlwright.server.check.slang.elaborator import Elaborator
from rtlwright.server.check.slang.raw import Raw, of_type_parameter
from rtlwright.server.check.stages import ENV, concerns_dpi, since, skipped, staged, unchecked
from rtlwright.server.check.text.lexer import identifiers
from rtlwright.server.check.worker.project import Project, Source
from rtlwright.server.check.worker.session import Settings
from rtlwright.server.check.yosys import jobs
from rtlwright.server.types import Diagnostic, Severity, StageResult

_UNKNOWN = frozenset({"UnknownModule", "UnknownInterface", "UnknownPrimitive"})
_SYSTEM = "UnknownSystemName"
"""A simulator's own (`$fsdbDumpvars`), a VPI library's, or a slip: only the engineer knows."""
_MIXED = "SystemVerilog in a Verilog file; it is judged as SystemVerilog"


@dataclass
class Whole:
    """Checks the files `compiled` of a project, and what they need, under `top` (or all roots)."""

    elaborator: Elaborator
    compiled: frozenset[str]
    checked: frozenset[str]
    """Whose errors count: those files, or what they include."""
    top: str | None
    standard: str
    mixed: bool
    """`standard` is not what the files' suffix says."""
    settings: Settings
    scratch: Path
    compiler: IcarusTool | None
    synthesis: jobs.Yosys
    emit: Callable[[StageResult], None]
    stop: Event

    def run(self) -> None:
        """Emit syntax, then Icarus and Yosys as they end."""
        self.sources = self._sources()
        broken, self._missing = self._syntax()
        if broken:
            for name in ("icarus", "yosys"):
                self.emit(skipped(name, broken))
            return
        runs: dict[int, tuple[str, jobs.Run | None]] = {}
        children: list[Child] = []
        for name, child, run in self._starts():
            runs[id(child)] = (name, run)
            children.append(child)
        for child in gather(children, self.stop):
            name, run = runs[id(child)]
            self.emit(self._icarus(child) if run is None else self._yosys(child, run))

    @property
    def project(self) -> Project:
        return self.elaborator.project

    @property
    def tops(self) -> frozenset[str]:
        return frozenset({self.top}) if self.top else frozenset()

    def _sources(self) -> tuple[Source, ...]:
        """The files under check and whatever they need, in compilation order."""
        own = [source for source in self.project.sources if source.file.path in self.compiled]
        mentions = self.project.included_names.union(
            *(identifiers(source.file.text) for source in own), *(s.mentions for s in own)
        )
        wanted = {source.file.path for source in self.project.needed(mentions)} | self.compiled
        return tuple(source for source in self.project.sources if source.file.path in wanted)

    def _syntax(self) -> tuple[str | None, frozenset[str]]:
        """Why the other tools need not try, and the modules that no file has."""
        begun = time.perf_counter()
        missing = set(self.project.missing)
        found = [Diagnostic(Severity.WARNING, 0, 0, _MIXED, "rtlwright", path) for path in self._mixed()]
        errors = self.elaborator.whole(self.sources, self.tops)
        included = {source: self.elaborator.included(source) for source in self.sources}
        split = Consequences.of(errors, included, self.project.texts)
        for error in split.standing:
            if self._of_default_type(error):
                continue
            unknown = error.code in _UNKNOWN
            if unknown and error.names:
                missing.add(error.names[0])
            mild = unknown or error.file not in self.checked or error.code == _SYSTEM
            severity = Severity.WARNING if mild else Severity.ERROR
            found.append(self._placed(error, severity))
        own = (error for error in split.gathered if error.file in self.checked)
        found += (self._placed(error, Severity.WARNING) for error in own)
        left_out = self.checked.difference(self.compiled, *included.values())
        if left_out:
            reason = f"conditional compilation leaves out where {min(left_out)} is included"
            self.emit(unchecked("syntax", reason, since(begun)))
            return reason, frozenset(missing)
        self.emit(staged("syntax", self._own_first(found), since(begun)))
        if split.missing:
            return f"{split.missing[0]} is not there", frozenset(missing)
        broken = any(error.syntax for error in errors)
        return "the files do not parse" if broken else None, frozenset(missing)

    def _of_default_type(self, error: Raw) -> bool:
        file = self.project.texts.get(error.file or "")
        return file is not None and of_type_parameter(error, file.text)

    def _own_first(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Only so many are passed on, and a broken package has hundreds for each file that uses it."""
        return sorted(found, key=lambda diagnostic: diagnostic.file not in self.checked)

    def _placed(self, error: Raw, severity: Severity) -> Diagnostic:
        """With the column in UTF-16 code units; slang counts bytes."""
        files = (*(source.file for source in self.sources), *self.project.includes)
        text = next((file.text for file in files if file.path == error.file), "")
        lines = text.split("\n")
        line = lines[error.line - 1] if 0 < error.line <= len(lines) else ""
        before = line.encode(errors="replace")[: max(0, error.column - 1)].decode(errors="ignore")
        column = len(before.encode("utf-16-le")) // 2 + 1
        return Diagnostic(severity, error.line, column, error.message, "slang", error.file)

    def _mixed(self) -> list[str]:
        """Verilog files under check that would be no Verilog-2005."""
        if not self.mixed:
            return []
        own = (source for source in self.sources if source.file.path in self.checked)
        return [source.file.path for source in own if self.elaborator.is_mixed(source)]

    def _starts(self) -> Iterator[tuple[str, Child, jobs.Run | None]]:
        texts = [source.file.text for source in self.sources]
        extra = (*stub_file(self.scratch / "whole.v", texts, self._missing), end_file(self.scratch))
        if self.compiler is None:
            self.emit(skipped("icarus", self.settings.iverilog_missing))
        else:
            yield "icarus", self._spawn(self.compiler, extra), None
        reason = "switched off" if self.settings.yosys == "off" else None
        if any(concerns_dpi(source.file.text) for source in self.sources):
            reason = "the files import foreign code (DPI), which Yosys is not to run"
        if reason:
            self.emit(skipped("yosys", reason))
        else:
            run = self.synthesis.start(self._job(), self.settings.timeout_s)
            yield "yosys", run.child, run

    def _spawn(self, tool: IcarusTool, extra: tuple[Path, ...]) -> Child:
        last = self.project.directory / self.sources[-1].file.path
        run = Run.of(self.project, last, self.sources[:-1], self.tops, extra)
        limit = self.settings.timeout_s
        return tool.elaborate(run, self.standard, self.scratch, cwd=self.project.directory, timeout_s=limit)

    def _icarus(self, child: Child) -> StageResult:
        failed = assertion(child)
        if failed:
            return skipped("icarus", f"Icarus cannot judge this: {failed}", child.ms)
        reason = silent(child, Path())
        if reason:
            return unchecked("icarus", reason, child.ms)
        text = "\n".join(source.file.text for source in self.sources)
        found = said.considered(errors(child, Path()), text)
        # What slang does not know has a stand-in: a module that is unknown all the same is nested, say.
        sorry = next((m for m in found if m.kind is said.Kind.SORRY or said.unknown_module(m)), None)
        if sorry:
            return skipped("icarus", f"Icarus cannot judge this: {sorry.text}", child.ms)
        if self.standard != "2005" and any(message.kind is said.Kind.SYNTAX for message in found):
            assert self.compiler is not None
            unread = unsupported(text, self.compiler.install.path, self.scratch, ENV)
            if unread:
                return skipped("icarus", unread, child.ms)
        return staged("icarus", self._own_first(map(self._message, found)), child.ms)

    def _message(self, message: said.Message) -> Diagnostic:
        file = (message.file or "").removeprefix(f"{self.project.directory}/") or None
        severity = Severity.ERROR if file in self.checked else Severity.WARNING
        severity = weight(message, severity, self.standard) or severity
        return Diagnostic(severity, message.line, 0, message.text, "icarus", file)

    def _job(self) -> jobs.Job:
        last = self.sources[-1].file.path
        return jobs.Job(
            self.project.directory / last,
            self.top or "",
            (),
            tuple(jobs.File(source.file.path) for source in self.sources[:-1]),
            tuple(str(path) for path in self.project.search_path),
            tuple(self.project.defines.items()),
            self.project.directory,
        )

    def _yosys(self, child: Child, run: jobs.Run) -> StageResult:
        last = self.project.directory / self.sources[-1].file.path
        found = jobs.complaints(jobs.said(run), last)
        if not jobs.finished(run) and not jobs.stopped(run, found):
            return unchecked("yosys", f"{child.reason}, without its end marker", child.ms)
        unread = next((c for c in found if c.error and "syntax error" in c.text), None)
        if unread:
            return skipped("yosys", f"Yosys cannot read this: {unread.text}", child.ms)
        found = [complaint for complaint in found if not self._may_be_driven(complaint)]
        severity = Severity.ERROR if self.settings.yosys == "fail" else Severity.WARNING
        return staged("yosys", [self._complaint(complaint, severity) for complaint in found], child.ms)

    def _may_be_driven(self, complaint: jobs.Complaint) -> bool:
        """By an instance of a module that no file has: nobody knows which of its ports are outputs."""
        if "no driver" not in complaint.text:
            return False
        module = (named(complaint.text) or "").split(".")[0]
        return any(module in source.units and source.mentions & self._missing for source in self.sources)

    def _complaint(self, complaint: jobs.Complaint, severity: Severity) -> Diagnostic:
        """Without a file it is about the last one, or if it names no line, about the one with its module."""
        file = self.project.relative(complaint.file)
        if file is None:
            module = (named(complaint.text) or "").split(".")[0]
            holders = [source for source in self.sources if module in source.units]
            file = self.sources[-1].file.path if complaint.line or len(self.sources) == 1 else None
            file = holders[0].file.path if not complaint.line and holders else file
        return Diagnostic(severity, complaint.line, 0, complaint.text, "yosys", file)
