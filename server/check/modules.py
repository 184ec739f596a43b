"""Whole generated modules: absolute checks, then behaviour under a testbench or against one another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtlwright.server.check import simulation
from rtlwright.server.check.behaviour import Result
from rtlwright.server.check.checker import Checker
from rtlwright.server.check.files import FileChecker, path_in, with_documents
from rtlwright.server.check.lexer import code
from rtlwright.server.check.ports import Port
from rtlwright.server.check.project import design_units
from rtlwright.server.check.refuse import refusal
from rtlwright.server.check.reports import ModuleChecks
from rtlwright.server.check.simulation import Design, Simulation
from rtlwright.server.check.stimulus import testbench as stimulus
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    Diagnostic,
    Document,
    Language,
    ProjectView,
    Severity,
    StageResult,
    Status,
    Verdict,
)
from rtlwright.server.worker import WorkerError

_STEM = "rtlwright_candidate"


@dataclass(frozen=True)
class ModuleChecker:
    """Several whole modules for one specification."""

    checker: Checker
    config: CheckConfig

    def check(
        self, texts: Sequence[str], view: ProjectView, language: Language, testbench: str | None,
        *, deadline: float, cancel: Cancel,
    ) -> ModuleChecks:  # fmt: skip
        """A verdict per text; groups of equal behaviour among those that survive (without a testbench)."""
        stages = [self._static(text, view, language, deadline, cancel) for text in texts]
        alive = [Verdict.of(tuple(found)).status not in (Status.FAIL, Status.UNCHECKED) for found in stages]
        fault = self._simulation.fault()
        reasons = [fault or simulation.voice(text) for text in texts]
        runnable = [ok and reason is None for ok, reason in zip(alive, reasons, strict=True)]
        for found, ok, reason in zip(stages, alive, reasons, strict=True):
            if ok and reason:
                found.append(StageResult("behaviour", Status.SKIPPED, 0.0, (), reason))
        if testbench is not None:
            self._under(testbench, texts, view, stages, runnable, deadline, cancel)
            return ModuleChecks(tuple(Verdict.of(tuple(found)) for found in stages))
        traces = self._against(texts, view, language, stages, runnable, deadline, cancel)
        found_groups = simulation.groups(traces)
        return ModuleChecks(
            tuple(Verdict.of(tuple(found)) for found in stages),
            found_groups,
            simulation.agreement(found_groups, len(texts)),
        )

    @property
    def _simulation(self) -> Simulation:
        return Simulation(self.checker, self.config)

    def _static(
        self, text: str, view: ProjectView, language: Language, deadline: float, cancel: Cancel
    ) -> list[StageResult]:
        begun = time.perf_counter()
        reason = refusal(text) or (None if _modules(text) else "there is no module in it")
        ms = round((time.perf_counter() - begun) * 1e3, 3)
        if reason:
            return [
                StageResult(
                    "splice", Status.FAIL, ms, (Diagnostic(Severity.ERROR, 0, 0, reason, "rtlwright"),)
                )
            ]
        left = deadline - time.monotonic()
        if left <= 0:
            return [StageResult("syntax", Status.UNCHECKED, 0.0, (), "not checked before the deadline")]
        document = _document(text, view, language)
        files = FileChecker(self.checker, self.config)
        own = _without_twins(view, text)
        found = files.stages([document], own, None, timeout_s=left, cancel=cancel)
        return [
            StageResult("splice", Status.PASS, ms),
            *(_unnamed(stage, path_in(own, document)) for stage in found),
        ]

    def _under(
        self, testbench: str, texts: Sequence[str], view: ProjectView, stages: list[list[StageResult]],
        runnable: Sequence[bool], deadline: float, cancel: Cancel,
    ) -> None:  # fmt: skip
        """Run each under the user's testbench."""
        top = top_of(testbench)
        designs = [
            Design((*_project(view, text), ("dut.sv", text), ("testbench.sv", testbench)), top, True)
            if ok
            else None
            for text, ok in zip(texts, runnable, strict=True)
        ]
        results = self._simulation.all(designs, view, deadline=deadline, cancel=cancel)
        for found, (run, ms) in zip(stages, results, strict=True):
            if run is not None:
                found.append(simulation.stage(run, ms))

    def _against(
        self, texts: Sequence[str], view: ProjectView, language: Language, stages: list[list[StageResult]],
        runnable: Sequence[bool], deadline: float, cancel: Cancel,
    ) -> list[str]:  # fmt: skip
        """Drive all with the same stimulus; the trace of each, "" where there is none."""
        designs: list[Design | None] = []
        signatures: list[str] = []
        for text, ok in zip(texts, runnable, strict=True):
            ports = self._ports(text, view, language, deadline, cancel) if ok else ()
            top = _modules(text)[-1] if ports else ""
            drive = stimulus(top, ports) if ports else ""
            signatures.append(f"{top}{ports}")
            files = (*_project(view, text), ("dut.sv", text), ("stimulus.v", drive))
            designs.append(Design(files, "rtlwright_tb", False) if ports else None)
        results = self._simulation.all(designs, view, deadline=deadline, cancel=cancel)
        traces = []
        for found, (run, ms), signature in zip(stages, results, signatures, strict=True):
            ran = run is not None and run.trace and run.result is Result.PASSED
            traces.append(f"{signature}{run.trace}" if run is not None and ran else "")
            if run is not None:
                found.append(_stimulated(bool(ran), run.reason, ms))
        return traces

    def _ports(
        self, text: str, view: ProjectView, language: Language, deadline: float, cancel: Cancel
    ) -> tuple[Port, ...]:
        own = _without_twins(view, text)
        document = _document(text, own, language)
        whole = with_documents(own, [document])
        params = {
            "project": self.checker.project(whole),
            "path": path_in(own, document),
            "top": _modules(text)[-1],
        }
        try:
            left = max(0.1, deadline - time.monotonic())
            answer = self.checker.call("ports", params, whole, timeout_s=left, cancel=cancel)
            return tuple(Port(str(n), str(d), int(w)) for n, d, w in answer.get("ports", ()))
        except WorkerError:
            return ()


def _stimulated(ran: bool, reason: str, ms: float) -> StageResult:
    if ran:
        return StageResult("behaviour", Status.PASS, round(ms, 3), (), "ran with random stimulus")
    return StageResult("behaviour", Status.SKIPPED, round(ms, 3), (), reason)


def _document(text: str, view: ProjectView, language: Language) -> Document:
    suffix = ".v" if language is Language.VERILOG else ".sv"
    return Document(Path(view.root) / f"{_STEM}{suffix}", text, language)


def _modules(text: str) -> list[str]:
    return [name for name, kind in design_units(code(text)) if kind == "module"]


def top_of(testbench: str) -> str | None:
    """The testbench's module without ports, the last one if there are several."""
    from rtlwright.server.check.lexer import Kind

    tokens = code(testbench)
    found = None
    for index, token in enumerate(tokens[:-2]):
        if token.text == "module" and tokens[index + 1].kind is Kind.IDENTIFIER:
            behind = tokens[index + 2 : index + 4]
            if behind[0].text == ";" or [each.text for each in behind] == ["(", ")"]:
                found = tokens[index + 1].text
    return found


def _project(view: ProjectView, text: str) -> tuple[tuple[str, str], ...]:
    return tuple((file.path, file.text) for file in _without_twins(view, text).sources)


def _without_twins(view: ProjectView, text: str) -> ProjectView:
    """Without the project's own version of the module that is being written."""
    return replace(view, sources=simulation.sources_for(view, frozenset(_modules(text))))


def _unnamed(stage: StageResult, path: str) -> StageResult:
    """The candidate is the document: its own diagnostics name no file."""
    found = tuple(replace(d, file=None) if d.file == path else d for d in stage.diagnostics)
    return replace(stage, diagnostics=found)
