"""Whole files through the gate, on the gate's side: views made, stages collected and sorted by file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rtlwright.server.check import wire
from rtlwright.server.check.checker import Checker
from rtlwright.server.check.messages import explained
from rtlwright.server.check.outside import placed, told
from rtlwright.server.check.refuse import MAX_CHARACTERS, refusal
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    CheckReport,
    Diagnostic,
    Document,
    Language,
    ProjectView,
    Severity,
    SourceFile,
    StageResult,
    Status,
    Verdict,
)
from rtlwright.server.worker import WorkerDied, WorkerError

_ORDER = ("syntax", "icarus", "yosys")


@dataclass(frozen=True)
class FileChecker:
    """Absolute errors of files; generated modules are files, too."""

    checker: Checker
    config: CheckConfig

    def stages(
        self,
        documents: Sequence[Document],
        view: ProjectView,
        top: str | None,
        *,
        timeout_s: float,
        cancel: Cancel,
        quick: bool = False,
        lenient: bool = False,
        asked: Sequence[Document] = (),
    ) -> list[StageResult]:
        """Syntax, Icarus and Yosys of `documents` in `view`; diagnostics name the file.

        `lenient`: SystemVerilog in a `.v` file is warned of, and judged as what it is. `asked`: whose errors
        count, where these are parts that `documents` include.
        """
        asked = asked or documents
        refused = [self._refusal(document, view) for document in dict.fromkeys((*asked, *documents))]
        if any(refused):
            found = tuple(diagnostic for diagnostic in refused if diagnostic)
            if not any(refused[: len(asked)]):
                reason = f"what includes it is not read: {found[0].message}"
                return [StageResult("splice", Status.UNCHECKED, 0.0, (), reason)]
            return [StageResult("splice", Status.FAIL, 0.0, found)]
        whole = with_documents(view, documents)
        params: dict[str, Any] = {
            "project": self.checker.project(whole),
            "compiled": [path_in(view, document) for document in documents],
            "checked": [path_in(view, document) for document in asked],
            "top": top,
            "standard": self.standard(documents),
            "lenient": lenient and self.config.standard == "auto",
            "settings": self.checker.settings(best=1),
        }
        if quick:
            params["settings"] |= {"icarus": None, "iverilog_missing": "while typing", "yosys": "off"}
        return self._asked(params, whole, timeout_s, cancel)

    def _asked(
        self, params: dict[str, Any], view: ProjectView, timeout_s: float, cancel: Cancel
    ) -> list[StageResult]:
        """The worker's stages in their order; one that it does not come to is unchecked."""
        stages: list[StageResult] = []
        files = (*view.sources, *view.includes)
        texts: dict[str | None, str] = {told(file.path): file.text for file in files}

        def part(data: dict[str, object]) -> None:
            stages.append(explained(wire.decode_stage(data), texts.get))

        deadline = time.monotonic() + timeout_s
        for last in (False, True):
            stages.clear()
            left = deadline - time.monotonic()
            try:
                self.checker.call("files", params, view, timeout_s=left, cancel=cancel, on_part=part)
                break
            except WorkerError as error:
                # One that has died may have died of something else: once more, if there is time.
                if last or not isinstance(error, WorkerDied) or time.monotonic() > deadline:
                    lacking = next((n for n in _ORDER if all(s.name != n for s in stages)), _ORDER[0])
                    stages.append(StageResult(lacking, Status.UNCHECKED, 0.0, (), str(error)))
                    break
        return sorted(map(self._weighed, stages), key=lambda stage: _ORDER.index(stage.name))

    def _weighed(self, stage: StageResult) -> StageResult:
        """Where Yosys only warns, its silence is a warning, too: the file has passed what may reject it."""
        if stage.name == "yosys" and stage.status is Status.UNCHECKED and self.config.yosys == "warn":
            return replace(stage, status=Status.WARN)
        return stage

    def standard(self, documents: Sequence[Document]) -> str:
        """One for all: Verilog-2005 only if nothing is SystemVerilog."""
        if self.config.standard != "auto":
            return self.config.standard
        return "2005" if all(d.language is Language.VERILOG for d in documents) else "2017"

    def _refusal(self, document: Document, view: ProjectView) -> Diagnostic | None:
        """The user's own files may open files (the sandbox keeps them in), but may not wear the tools out."""
        reason = refusal(document.text, testbench=True, view=view)
        if reason is None or ("DPI" in reason and len(document.text) <= MAX_CHARACTERS):
            return None
        return Diagnostic(Severity.ERROR, 0, 0, reason, "rtlwright", told(path_in(view, document)))


OF_ALL = frozenset({"behaviour", "comparison", "equivalence"})
"""Stages that say something of all files together."""


def report(stages: Sequence[StageResult], paths: Sequence[str]) -> CheckReport:
    """The verdict over all, and each file's own, where `file` is None for the file itself.

    What holds for all files together counts for a file only if it is the only one.
    """
    alone = len(paths) == 1
    by_file = {
        path: Verdict.of(
            tuple(
                stage if stage.name in OF_ALL else _own(stage, path)
                for stage in stages
                if alone or stage.name not in OF_ALL
            )
        )
        for path in paths
    }
    return CheckReport(Verdict.of(tuple(stages)), tuple(paths), by_file)


def _own(stage: StageResult, path: str) -> StageResult:
    own = tuple(replace(d, file=None) for d in stage.diagnostics if d.file == path)
    if stage.reason or stage.status not in (Status.FAIL, Status.WARN, Status.PASS):
        return replace(stage, diagnostics=own)
    severities = {diagnostic.severity for diagnostic in own}
    status = Status.FAIL if Severity.ERROR in severities else Status.WARN if severities else Status.PASS
    return replace(stage, status=status, diagnostics=own)


def path_in(view: ProjectView, document: Document) -> str:
    """Where the tools see it."""
    return placed(str(document.path), view.root)


def with_documents(view: ProjectView, documents: Sequence[Document]) -> ProjectView:
    """The view with `documents` among its sources, each at its place or behind all others."""
    own = {path_in(view, document): document.text for document in documents}
    sources = [SourceFile.of(s.path, own.pop(s.path)) if s.path in own else s for s in view.sources]
    sources += [SourceFile.of(path, text) for path, text in own.items()]
    return replace(view, sources=tuple(sources))
