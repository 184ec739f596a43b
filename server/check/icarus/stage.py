"""Icarus on closed text: what it says of the candidate, less what it says without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from rtlwright.server.check.confine.runner import Child, gather
from rtlwright.server.check.icarus import said
from rtlwright.server.check.icarus.constructs import unsupported
from rtlwright.server.check.icarus.end import end_file, killed, ours, reached, unproven
from rtlwright.server.check.icarus.run import Run
from rtlwright.server.check.icarus.shortcomings import assertion
from rtlwright.server.check.icarus.tool import IcarusTool
from rtlwright.server.check.stages import ENV, cut_short, skipped, staged, unchecked
from rtlwright.server.check.text.stubs import stubs
from rtlwright.server.check.unfinished.closing import Closed
from rtlwright.server.check.unfinished.judge import Judge, Judgement
from rtlwright.server.check.unfinished.survivor import Survivor
from rtlwright.server.check.worker.bases import Bases
from rtlwright.server.types import Diagnostic, Severity, StageResult

NAME = "icarus"
_NOTHING = "No top level modules, and no -s option."
"""Without a module in the text there is nothing to elaborate, and it says so without a line."""
_Judged = Sequence[tuple[said.Message, Judgement]]


@dataclass
class IcarusStage:
    """Runs iverilog on survivors; the base only if a survivor has errors to compare."""

    tool: IcarusTool
    standard: str
    timeout_s: float
    scratch: Path
    stop: Event
    bases: Bases

    def start(self, each: Survivor) -> Child:
        return self._spawn(each, each.closed, each.file)

    def finish(self, each: Survivor, child: Child) -> StageResult:
        """The stage's result, once its child has ended."""
        failed = assertion(child)
        if failed:
            return skipped(NAME, f"Icarus cannot judge this: {failed}", child.ms)
        reason = silent(child, each.file)
        if reason:
            return unchecked(NAME, reason, child.ms)
        found = said.considered(errors(child, each.file), each.closed.closure.text)
        if not found:
            return staged(NAME, (), child.ms)
        base = self._base(each)
        if base is None:
            return skipped(NAME, "iverilog does not come to an end on the file as it is", child.ms)
        return self._compared(each, found, base, child.ms)

    def _compared(
        self, each: Survivor, found: Sequence[said.Message], base: said.Base, ms: float
    ) -> StageResult:
        if any("Include file" in message.text for message in found):
            return skipped(NAME, "a file that it includes is not in the project", ms)
        if each.missing:  # of an array of stand-ins nobody knows how wide the ports are
            found = [message for message in found if "Port expression width" not in message.text]
        if _body_is_open(each.closed):
            found = [message for message in found if "body with no statements" not in message.text]
        fresh = said.fresh(each.judge, found, base)
        sorry = next((message for message, _ in fresh if message.kind is said.Kind.SORRY), None)
        if sorry:
            return skipped(NAME, f"Icarus cannot judge this: {sorry.text}", ms)
        if any(message.kind is said.Kind.SYNTAX for message in found):
            reason = self._unreadable(each, base)
            if reason:
                return skipped(NAME, reason, ms)
        if each.judge.unfinished and any(_behind(each, message) for message, _ in fresh):
            return skipped(NAME, "Icarus cannot read what the unfinished text may become", ms)
        return staged(NAME, self._diagnostics(each, fresh), ms)

    def _unreadable(self, each: Survivor, base: said.Base) -> str | None:
        """slang has read it: is it Icarus that lacks something?"""
        if self.standard == "2005":
            return None  # all of it Icarus can read
        text = each.closed.closure.text
        reason = unsupported(text, self.tool.install.path, self.scratch, ENV)
        if reason is None and any("syntax error" in message for message, _ in base):
            reason = "Icarus cannot read the file as it is"
        return reason

    def _diagnostics(self, each: Survivor, fresh: _Judged) -> list[Diagnostic]:
        lines = said.Lines.of(each.judge)
        found = []
        for message, judgement in fresh:
            line = message.line if message.file else lines.document(message.line) or 0
            severity = weight(message, judgement.severity, self.standard)
            if severity is not None:
                file = each.hole.elaborator.project.relative(message.file)
                found.append(Diagnostic(severity, line, 0, message.text, NAME, file))
        return found

    def _base(self, each: Survivor) -> said.Base | None:
        """The errors of the same closure without the candidate."""
        key = (NAME, self.standard, *each.base_key)
        if key not in self.bases:
            file = each.base_file()
            child = self._spawn(each, each.base, file)
            for _ in gather([child], self.stop):
                pass
            if self.stop.is_set():
                return None
            plain = Judge(each.base, frozenset(), frozenset())
            self.bases.keep(key, None if silent(child, file) else said.counted(plain, errors(child, file)))
        base: said.Base | None = self.bases[key]
        return base

    def _spawn(self, each: Survivor, closed: Closed, file: Path) -> Child:
        hole, project = each.hole, each.hole.elaborator.project
        text = closed.closure.text
        extra = stub_file(file, [text, *(s.file.text for s in each.sources)], each.missing)
        extra = (*extra, end_file(self.scratch))
        run = Run.of(project, file, each.sources, hole.tops(closed), extra)
        return self.tool.elaborate(
            run, self.standard, file.parent, cwd=project.directory, timeout_s=self.timeout_s
        )


def weight(message: said.Message, severity: Severity | None, standard: str) -> Severity | None:
    """What SystemVerilog slang reads and Icarus does not is Icarus's lack, known or not: a warning."""
    sure = message.kind is not said.Kind.SYNTAX or standard == "2005"
    return severity if sure or severity is not Severity.ERROR else Severity.WARNING


def _body_is_open(closed: Closed) -> bool:
    """Of a task or function: its statements are still to come."""
    return any(word in closed.closure.inserted for word in ("endtask", "endfunction"))


def _behind(each: Survivor, message: said.Message) -> bool:
    """A syntax error that slang does not see, behind the cursor."""
    after = message.line > said.Lines.of(each.judge).cursor
    return message.kind is said.Kind.SYNTAX and message.file is None and after


def stub_file(beside: Path, texts: Sequence[str], missing: frozenset[str]) -> tuple[Path, ...]:
    """The file with stand-ins for modules that are missing, if any is."""
    text = stubs(texts, missing) if missing else ""
    if not text:
        return ()
    place = beside.parent / "rtlwright_stubs.v"
    place.write_text(text, encoding="utf-8")
    return (place,)


def errors(child: Child, file: Path) -> list[said.Message]:
    found = said.messages(child.text, file)
    return [m for m in found if m.kind is not said.Kind.WARNING and not (m.file and ours(m.file))]


def silent(child: Child, file: Path) -> str | None:
    """Why iverilog's word does not count, if so. Errors count always; that it has none, it has to prove."""
    if cut_short(child) is not None:
        return child.reason
    if killed(child):
        return "a part of iverilog was killed"  # its last words may be half of one message, half of another
    if errors(child, file) or (reached(child) and _NOTHING in child.text.splitlines()):
        return None
    return unproven(child)
