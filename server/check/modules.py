"""Whole generated modules: absolute checks, then behaviour under a testbench or against one another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtlwright.server.check.behaviour import grouping, simulation
from rtlwright.server.check.behaviour.grouping import Conduct, Contender
from rtlwright.server.check.behaviour.simulation import Bench, Design, Session, Simulation
from rtlwright.server.check.checker import Checker
from rtlwright.server.check.files import FileChecker, path_in, with_documents
from rtlwright.server.check.refuse import refusal
from rtlwright.server.check.reports import ModuleChecks
from rtlwright.server.check.slang import ports
from rtlwright.server.check.slang.ports import Interface
from rtlwright.server.check.text.lexer import code
from rtlwright.server.check.worker.project import design_units
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
        self, texts: Sequence[str], view: ProjectView, language: Language, bench: Bench | None,
        *, deadline: float, cancel: Cancel,
    ) -> ModuleChecks:  # fmt: skip
        """A verdict per text; groups of equal behaviour among those that survive (without a testbench).

        The same text twice is checked once, and counts twice.
        """
        unique = list(dict.fromkeys(texts))
        places = [unique.index(text) for text in texts]
        with self._simulation.session() as session:
            stages = [self._static(text, view, language, deadline, cancel) for text in unique]
            runnable = self._runnable(unique, stages, bench is not None)
            if bench is not None:
                self._under(bench, unique, view, stages, runnable, deadline, cancel)
                runnable = [
                    ok and bench.found and _undecided(s) for ok, s in zip(runnable, stages, strict=True)
                ]
            conducts = self._driven(session, unique, view, language, stages, runnable, deadline, cancel)
        verdicts = [Verdict.of(tuple(found)) for found in stages]
        return _checks([verdicts[place] for place in places], [conducts[place] for place in places])

    def _runnable(self, texts: Sequence[str], stages: list[list[StageResult]], speaks: bool) -> list[bool]:
        """Which may run; the others get their reason. Under a testbench, none may speak in its name."""
        fault = self._simulation.fault()
        runnable = []
        for text, found in zip(texts, stages, strict=True):
            alive = Verdict.of(tuple(found)).status not in (Status.FAIL, Status.UNCHECKED)
            reason = fault or (simulation.voice(text) if speaks else None)
            if alive and fault:
                found.append(StageResult("behaviour", Status.SKIPPED, 0.0, (), fault))
            elif alive and reason:
                warning = Diagnostic(Severity.WARNING, 0, 0, reason, "rtlwright")
                found.append(StageResult("behaviour", Status.WARN, 0.0, (warning,)))
            runnable.append(alive and reason is None)
        return runnable

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
        self, bench: Bench, texts: Sequence[str], view: ProjectView, stages: list[list[StageResult]],
        runnable: Sequence[bool], deadline: float, cancel: Cancel,
    ) -> None:  # fmt: skip
        """Run each under the user's testbench."""
        top, around = top_of(bench.text), bench.view or view
        designs = [
            Design((*_project(around, text), ("dut.sv", text), (bench.path, bench.text)), top, True)
            if ok
            else None
            for text, ok in zip(texts, runnable, strict=True)
        ]
        results = self._simulation.all(designs, around, deadline=deadline, cancel=cancel)
        for found, (run, ms) in zip(stages, results, strict=True):
            if run is not None:
                found.append(simulation.stage(run, ms, bench))

    def _driven(
        self, session: Session, texts: Sequence[str], view: ProjectView, language: Language,
        stages: list[list[StageResult]], runnable: Sequence[bool], deadline: float, cancel: Cancel,
    ) -> list[Conduct | None]:  # fmt: skip
        """Drive all with the same stimulus."""
        begun = time.perf_counter()
        conducts: list[Conduct | None] = [None] * len(texts)
        contenders = []
        for index, (text, ok) in enumerate(zip(texts, runnable, strict=True)):
            if ok:
                interface = self._interface(text, view, language, deadline, cancel)
                files = (*_project(view, text), ("dut.sv", text))
                contenders.append(Contender(index, files, _modules(text)[-1], interface))
                conducts[index] = Conduct(interface.fault) if interface.fault else None
        driven = [each for each in contenders if not each.interface.fault]
        for index, conduct in session.drive(driven, view, deadline=deadline, cancel=cancel).items():
            conducts[index] = conduct
        ms = (time.perf_counter() - begun) * 1e3 / max(1, sum(each is not None for each in conducts))
        for found, each in zip(stages, conducts, strict=True):
            if each is not None:
                before = found.pop().reason if _undecided(found) else None
                found.append(_noted(grouping.stage(each, conducts, ms), before))
        return conducts

    def _interface(
        self, text: str, view: ProjectView, language: Language, deadline: float, cancel: Cancel
    ) -> Interface:
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
            return ports.decode(answer["interface"])
        except (WorkerError, KeyError, TypeError, ValueError):
            return Interface(())


def _noted(stage: StageResult, before: str | None) -> StageResult:
    return replace(stage, reason=f"{before}; {stage.reason}" if stage.reason else before) if before else stage


def _undecided(stages: Sequence[StageResult]) -> bool:
    """A testbench of the project has had nothing to say of it."""
    return stages[-1].name == "behaviour" and stages[-1].status is Status.SKIPPED


def _checks(verdicts: Sequence[Verdict], conducts: Sequence[Conduct | None]) -> ModuleChecks:
    found = grouping.groups(conducts)
    if not found:
        return ModuleChecks(tuple(verdicts))
    outputs = grouping.output_agreement(conducts, found[0][0])
    return ModuleChecks(tuple(verdicts), found, simulation.agreement(found, len(verdicts)), outputs)


def _document(text: str, view: ProjectView, language: Language) -> Document:
    suffix = ".v" if language is Language.VERILOG else ".sv"
    return Document(Path(view.root) / f"{_STEM}{suffix}", text, language)


def _modules(text: str) -> list[str]:
    return [name for name, kind in design_units(code(text)) if kind == "module"]


def top_of(testbench: str) -> str | None:
    """The testbench's module without ports, the last one if there are several."""
    from rtlwright.server.check.text.lexer import Kind

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
