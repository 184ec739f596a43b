"""Yosys on closed text: its complaints about the candidate's module, less those without the candidate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from rtlwright.server.check.confine.runner import gather
from rtlwright.server.check.icarus.said import Lines
from rtlwright.server.check.stages import concerns_dpi, skipped, staged, unchecked
from rtlwright.server.check.unfinished.closing import Closed
from rtlwright.server.check.unfinished.closure import PLACEHOLDER
from rtlwright.server.check.unfinished.survivor import Survivor, written
from rtlwright.server.check.worker.bases import Bases
from rtlwright.server.check.worker.project import Project, Source
from rtlwright.server.check.yosys import jobs
from rtlwright.server.check.yosys.part import Part, part, without
from rtlwright.server.types import Diagnostic, Severity, StageResult

NAME = "yosys"
_LACKING = ("no driver", "Latch inferred")
"""What the unfinished rest may still mend."""


@dataclass
class YosysStage:
    """Forks a job per survivor, and one for the base if there is something to compare."""

    tool: jobs.Yosys
    severity: Severity
    timeout_s: float
    stop: Event
    bases: Bases
    parts: bool = True
    """Read no more of a file than can matter."""
    _parts: dict[str, Part | None] = field(default_factory=dict)

    def fault(self, each: Survivor) -> str | None:
        """Why this survivor is not for Yosys."""
        if concerns_dpi(each.closed.closure.text):
            return "the file imports foreign code (DPI), which Yosys is not to run"
        if any(concerns_dpi(source.file.text) for source in each.sources):
            return "the project imports foreign code (DPI), which Yosys is not to run"
        return None if each.hole.tops(each.closed) else "no module to synthesize"

    def start(self, each: Survivor) -> jobs.Run:
        part, file = self._part(each), each.file
        if part is not None:
            file = written(file.with_name(f"part_{file.name}"), part.text)
        run = self._start(each, each.closed, file, part.names if part else None)
        self._parts[run.marker] = part
        return run

    def _part(self, each: Survivor) -> Part | None:
        """What Yosys has to read, if that is much less than all of it."""
        closed, tree = each.closed, each.closed.parsed
        end = len(closed.closure.before) + len(closed.closure.inserted)
        if not self.parts or len(each.hole.tops(closed)) != 1:
            return None
        return part(tree.tree, closed.closure.text, closed.prefix_end, end, tree.prelude)

    def finish(self, each: Survivor, run: jobs.Run) -> StageResult:
        """The stage's result, once its child has ended."""
        part = self._parts.pop(run.marker)
        names = part.names if part else None
        found = jobs.complaints(jobs.said(run), run.document, names)
        if not found and jobs.finished(run):
            return staged(NAME, (), run.child.ms)
        ended = jobs.finished(run) or jobs.stopped(run, found)
        base = self._base(each, part)
        if base is None:
            return skipped(NAME, "Yosys cannot read the file as it is", run.child.ms)
        if not ended:
            return unchecked(NAME, f"{run.child.reason}, without its end marker", run.child.ms)
        fresh = [complaint for complaint in jobs.fresh(found, base) if self._counts(each, complaint)]
        unread = next((c for c in fresh if c.error and "syntax error" in c.text), None)
        if unread:
            return skipped(NAME, f"Yosys cannot read this: {unread.text}", run.child.ms)
        return staged(NAME, [self._diagnostic(each, complaint) for complaint in fresh], run.child.ms)

    def _counts(self, each: Survivor, complaint: jobs.Complaint) -> bool:
        """Neither of what the closure made up, nor of what the unfinished rest may still mend."""
        if PLACEHOLDER in complaint.text or complaint.signal in each.missing:
            return False
        lines = Lines.of(each.judge)
        line = lines.document(complaint.line) if complaint.file is None else 0
        here = line is None or lines.statement <= line <= lines.cursor
        if complaint.error and each.judge.unfinished and here:
            return False
        rest = bool(each.closed.closure.inserted.strip() or each.missing)
        return not (rest and any(word in complaint.text for word in _LACKING))

    def _diagnostic(self, each: Survivor, complaint: jobs.Complaint) -> Diagnostic:
        line = None
        if complaint.file:
            file = each.hole.elaborator.project.relative(complaint.file)
            return Diagnostic(self.severity, complaint.line, 0, complaint.text, NAME, file)
        if complaint.line:
            line = Lines.of(each.judge).document(complaint.line)
        if line is None and complaint.signal:
            # No line is named: the candidate's own first mention of the signal is.
            match = re.search(rf"\b{re.escape(complaint.signal)}\b", each.text)
            if match:
                line = each.hole.prefix.count("\n") + each.text.count("\n", 0, match.start()) + 1
        return Diagnostic(self.severity, line or 0, 0, complaint.text, NAME)

    def _base(self, each: Survivor, part: Part | None) -> Sequence[jobs.Complaint] | None:
        """The complaints without the candidate; None if Yosys does not come to its end then, either."""
        if not each.hole.tops(each.base):
            return ()
        key = (NAME, *each.base_key, part.dropped if part else None)
        if key not in self.bases:
            file, base = each.base_file(), each.base
            if part is not None:
                rest = without(base.parsed.tree, base.closure.text, part.dropped, base.parsed.prelude)
                file = written(file.with_name(f"part_{file.name}"), rest)
            run = self._start(each, each.base, file, part.names if part else None)
            for _ in gather([run.child], self.stop):
                pass
            if self.stop.is_set():
                return None
            found = jobs.complaints(jobs.said(run), file, part.names if part else None)
            self.bases.keep(key, found if jobs.finished(run) else None)
        known: Sequence[jobs.Complaint] | None = self.bases[key]
        return known

    def _start(self, each: Survivor, closed: Closed, file: Path, names: frozenset[str] | None) -> jobs.Run:
        project = each.hole.elaborator.project
        shared = each.hole.document_sources
        extra = tuple(source for source in each.sources if source not in shared)
        if not all(source.modules for source in extra):
            shared, extra = each.sources, ()  # a package: what was read already might depend on it
        job = jobs.Job(
            file,
            min(each.hole.tops(closed)),
            tuple(_file(project, source) for source in shared if not source.has_packages),
            tuple(_file(project, source) for source in shared if source.has_packages),
            tuple(str(path) for path in project.search_path),
            tuple(project.defines.items()),
            project.directory,
            tuple(_file(project, source) for source in extra),
            project.stamp,
            names,
        )
        return self.tool.start(job, self.timeout_s)


def _file(project: Project, source: Source) -> jobs.File:
    digest = source.file.digest
    if "`include" in source.file.text:
        digest = f"{digest} {project.includes_digest}"
    return jobs.File(source.file.path, digest, source.modules)
