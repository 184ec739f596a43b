"""A design against its reference: the same stimulus, then a bounded proof. The gate's side."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rtlwright.server.check.behaviour import roles, simulation
from rtlwright.server.check.behaviour.roles import Roles
from rtlwright.server.check.behaviour.simulation import Simulation, surroundings
from rtlwright.server.check.checker import Checker
from rtlwright.server.check.files import FileChecker, path_in, with_documents
from rtlwright.server.check.slang import ports
from rtlwright.server.check.slang.ports import Interface
from rtlwright.server.check.stages import concerns_dpi
from rtlwright.server.check.text.tops import modules, tops
from rtlwright.server.comparison import Against, Equality, Equivalence, OutputComparison, Step, said_of
from rtlwright.server.config import CheckConfig
from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.types import (
    Cancel,
    Diagnostic,
    Document,
    ProjectView,
    Severity,
    StageResult,
    Status,
    Verdict,
)
from rtlwright.server.worker import Worker, WorkerError

Staged = tuple[list[StageResult], Against]


@dataclass(frozen=True, slots=True)
class Side:
    """The reference or the design under check: files in compilation order, and the module that is meant."""

    view: ProjectView
    document: Document
    top: str
    interface: Interface

    @property
    def encoded(self) -> dict[str, Any]:
        """For the worker; the document comes last."""
        own = path_in(self.view, self.document)
        files = [[each.path, each.text] for each in self.view.sources if each.path != own]
        return {"files": [*files, [own, self.document.text]], "top": self.top}


@dataclass(frozen=True)
class AgainstChecker:
    """Compares by simulation and by proof."""

    checker: Checker
    config: CheckConfig

    def compare(
        self, documents: Sequence[Document], reference: Document, view: ProjectView, top: str | None,
        *, waves: bool, deadline: float, cancel: Cancel,
    ) -> Staged:  # fmt: skip
        """The stages `comparison` and `equivalence`, and what they found.

        Raises:
            UserError: no module is meant clearly, or the reference has errors of its own.
            MissingError: nothing could be compared, since there is no simulator.
            Cancelled: `cancel` was set.
        """
        names = tops(documents, reference, top)
        with Simulation(self.checker, self.config).session("warm_prover") as session:
            worker = session.worker or self.checker.once("prover")
            try:
                return self._staged(worker, names, documents, reference, view, waves, deadline, cancel)
            finally:
                worker.close()

    def _staged(
        self, worker: Worker, tops: tuple[str, str], documents: Sequence[Document], reference: Document,
        view: ProjectView, waves: bool, deadline: float, cancel: Cancel,
    ) -> Staged:  # fmt: skip
        name, other = tops
        document = next(each for each in documents if name in modules(each.text))
        design = self._side(with_documents(view, documents), document, name, deadline, cancel)
        golden = self._reference(documents, reference, view, other, deadline, cancel)
        report = Against(str(reference.path))
        fault = _unlike(golden.interface, design.interface)
        if fault:
            found = replace(report, equivalence=_unknown("the ports differ"))
            return [_stage("comparison", Status.FAIL, 0.0, fault)], found
        fault = golden.interface.fault or design.interface.fault
        if fault:
            found = replace(report, equivalence=_unknown(fault))
            return [_stage("comparison", Status.UNCHECKED, 0.0, fault)], found
        return self._compared(worker, golden, design, report, waves, deadline, cancel)

    def _side(self, view: ProjectView, document: Document, top: str, deadline: float, cancel: Cancel) -> Side:
        params = {"project": self.checker.project(view), "path": path_in(view, document), "top": top}
        try:
            left = max(0.1, deadline - time.monotonic())
            answer = self.checker.call("ports", params, view, timeout_s=left, cancel=cancel)
            return Side(view, document, top, ports.decode(answer["interface"]))
        except (WorkerError, KeyError, TypeError, ValueError):
            return Side(view, document, top, Interface(()))

    def _reference(
        self, documents: Sequence[Document], reference: Document, view: ProjectView, top: str,
        deadline: float, cancel: Cancel,
    ) -> Side:  # fmt: skip
        """In the same project, but for the files that define what it defines itself."""
        whole = with_documents(view, documents)
        own = simulation.sources_for(whole, frozenset(modules(reference.text)))
        apart = with_documents(replace(whole, sources=own), [reference])
        files = FileChecker(self.checker, self.config)
        left = max(0.1, deadline - time.monotonic())
        stages = files.stages([reference], apart, None, timeout_s=left, cancel=cancel, lenient=True)
        error = next((d for d in Verdict.of(tuple(stages)).diagnostics if d.severity is Severity.ERROR), None)
        if error:
            place = f"{reference.path}:{error.line}" if error.line else str(reference.path)
            raise UserError(f"{place}: the reference has an error ({error.message}); correct it first")
        return self._side(apart, reference, top, deadline, cancel)

    def _compared(
        self, worker: Worker, golden: Side, design: Side, report: Against, waves: bool,
        deadline: float, cancel: Cancel,
    ) -> Staged:  # fmt: skip
        given = Roles.of(golden.interface.ports, [golden.interface.uses])
        given = replace(given, falling=given.falling or bool(design.interface.uses.falling))
        params = {
            **surroundings(self.checker, design.view),
            "includes": [[f.path, f.text] for f in {*design.view.includes, *golden.view.includes}],
            "ports": [list(port) for port in golden.interface.signature],
            "roles": roles.encode(given),
            "designs": [golden.encoded, design.encoded],
            "timeout_s": self.config.timeout_s,
        }
        run = _Run(worker, params, given, deadline, cancel)
        first, report = run.simulated(report, Simulation(self.checker, self.config).fault(), waves)
        second, report = run.proven(report)
        if first.status is Status.UNCHECKED and second.status is Status.PASS:
            first = replace(first, status=Status.SKIPPED)  # the proof decides
        elif (
            first.status is Status.UNCHECKED and second.status is Status.SKIPPED and not self.checker.iverilog
        ):
            raise MissingError(self.checker.iverilog_missing)
        return [first, second], report


@dataclass(frozen=True)
class _Run:
    """One comparison in one worker."""

    worker: Worker
    params: Mapping[str, Any]
    roles: Roles
    deadline: float
    cancel: Cancel

    def simulated(self, report: Against, fault: str | None, waves: bool) -> tuple[StageResult, Against]:
        begun = time.perf_counter()
        if fault:
            return _stage("comparison", Status.UNCHECKED, 0.0, fault), report
        answer = self._call("compare", waves=waves)
        ms = (time.perf_counter() - begun) * 1e3
        if answer["reason"]:
            status = Status.FAIL if answer.get("misbehaved") else Status.UNCHECKED
            return _stage("comparison", status, ms, str(answer["reason"])[:300]), report
        outputs = tuple(_output(each) for each in answer["outputs"])
        report = replace(report, outputs=outputs, waves=answer["vcd"])
        wrong = [each for each in outputs if each.mismatches]
        if wrong:
            said = "; ".join(f"{o.name} differs in {o.mismatches} of {o.compared} samples" for o in wrong)
            return _stage("comparison", Status.FAIL, ms, said), report
        empty = [each.name for each in outputs if each.unspecified == each.compared]
        if len(empty) == len(outputs):
            reason = "the reference's outputs are unknown (X) at every sample: nothing could be compared"
            return _stage("comparison", Status.UNCHECKED, ms, reason), report
        most = max(each.compared for each in outputs)
        return _stage("comparison", Status.PASS, ms, f"no mismatch in {most} samples"), report

    def proven(self, report: Against) -> tuple[StageResult, Against]:
        begun = time.perf_counter()
        found = self._proof()
        if found.result is Equality.DIFFERENT:
            found = self._confirmed(found)
        ms = (time.perf_counter() - begun) * 1e3
        report = replace(report, equivalence=found)
        match found.result:
            case Equality.EQUAL:
                said = said_of(found)
                return StageResult("equivalence", Status.PASS, round(ms, 3), (), said), report
            case Equality.DIFFERENT:
                return _stage("equivalence", Status.FAIL, ms, said_of(found)), report
            case _:
                return _stage("equivalence", Status.SKIPPED, ms, found.reason or "unknown"), report

    def _proof(self) -> Equivalence:
        if any(concerns_dpi(text) for each in self.params["designs"] for _, text in each["files"]):
            return _unknown("the files import foreign code (DPI), which Yosys would run")
        if any(direction == "inout" for _, direction, _ in self.params["ports"]):
            return _unknown("it has an inout port")
        answer = self._call("equivalence")
        if answer.get("result") not in ("equal", "different"):
            return _unknown(str(answer.get("reason"))[:300])
        steps = tuple(
            Step(n, each["inputs"], each["reference"], each["candidate"])
            for n, each in enumerate(answer.get("steps", ()))
        )
        reason = answer.get("reason") or self._start
        return Equivalence(
            Equality(answer["result"]), answer.get("proof"), answer.get("cycles", 0), reason, steps
        )

    @property
    def _start(self) -> str | None:
        """What the proof rests on where there is no reset."""
        if self.roles.resets or self.roles.combinational:
            return None
        return "if every register without an initial value starts at 0"

    def _confirmed(self, found: Equivalence) -> Equivalence:
        """The counterexample in the simulator, which has X where the solver has a value."""
        columns = []
        for name, direction, width in self.params["ports"]:
            if direction == "in":
                clock = name in self.roles.clocks
                values = [1 if clock else int(step.inputs[name], 2) for step in found.counterexample]
                columns.append([name, width, values])
        answer = self._call("compare", columns=columns)
        if answer["reason"]:
            return replace(found, reason=f"not confirmed by simulation: {answer['reason']}")
        if any(each["mismatches"] for each in answer["outputs"]):
            return replace(found, reason="confirmed by simulation")
        if self._start:
            return replace(found, reason=self._start)
        return _unknown(
            "Yosys finds a difference that simulation does not show (it starts with 0 in place of X)"
        )

    def _call(self, method: str, **more: Any) -> Mapping[str, Any]:
        left = max(0.1, self.deadline - time.monotonic())
        params = {**self.params, "deadline_s": left, **more}
        params["timeout_s"] = min(left, self.params["timeout_s"])
        try:
            answer: Mapping[str, Any] = self.worker.call(
                method, params, timeout_s=left + 5.0, cancel=self.cancel
            )
            return answer
        except WorkerError as error:
            return {"reason": str(error), "outputs": [], "vcd": None}


def _unknown(reason: str) -> Equivalence:
    return Equivalence(Equality.UNKNOWN, reason=reason)


def _stage(name: str, status: Status, ms: float, reason: str) -> StageResult:
    tool = "yosys" if name == "equivalence" else "vvp"
    found = (Diagnostic(Severity.ERROR, 0, 0, reason, tool),) if status is Status.FAIL else ()
    return StageResult(name, status, round(ms, 3), found, None if found else reason)


def _output(data: Mapping[str, Any]) -> OutputComparison:
    name, first = str(data["name"]), data["first"]
    step = None
    if first is not None:
        step = Step(
            int(first["cycle"]), first["inputs"], {name: first["reference"]}, {name: first["candidate"]}
        )
    return OutputComparison(name, data["mismatches"], data["compared"], data["unspecified"], step)


def _unlike(reference: Interface, design: Interface) -> str | None:
    """What one has and the other has not, in a line."""
    if not reference.ports or not design.ports:
        return None
    wanted, has = ({p.name: (p.direction, p.width) for p in each.ports} for each in (reference, design))
    said = []
    for name in [*wanted, *(name for name in has if name not in wanted)]:
        if wanted.get(name) != has.get(name):
            said.append(
                f"{name} is {_shape(wanted.get(name))} in the reference and {_shape(has.get(name))} here"
            )
    return f"the ports differ: {'; '.join(said)}" if said else None


def _shape(port: tuple[str, int] | None) -> str:
    if port is None:
        return "missing"
    direction = {"in": "an input", "out": "an output"}.get(port[0], f"an {port[0]}")
    return f"{direction} of {port[1]} bit{'s' if port[1] > 1 else ''}"
