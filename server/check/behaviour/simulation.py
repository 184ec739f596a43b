"""Behaviour on the gate's side: which designs may run, each in a worker of its own, and who agrees."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rtlwright.server.check.behaviour import grouping
from rtlwright.server.check.behaviour.grouping import Conduct, Contender
from rtlwright.server.check.behaviour.simulate import Result, Run, speaks
from rtlwright.server.check.checker import Checker
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, Diagnostic, ProjectView, Severity, SourceFile, StageResult, Status
from rtlwright.server.worker import Worker, WorkerError

_LATE_S = 1.0
"""After its own deadline, for a worker to say so."""
_OFF = 'simulation is off: there is no sandbox here (set check.simulate = "on" to run it all the same)'


@dataclass(frozen=True, slots=True)
class Bench:
    """A testbench to run designs under."""

    text: str
    path: str = "testbench.sv"
    found: bool = False
    """In the project, not named by the user."""
    view: ProjectView | None = None
    """What it needs beside the design; by default, what the design needs."""

    @property
    def origin(self) -> str:
        return f"{self.path} (found in the project)" if self.found else self.path


@dataclass(frozen=True, slots=True)
class Design:
    """Files to compile together, the last ones first asked for their top."""

    files: tuple[tuple[str, str], ...]
    top: str | None
    testbench: bool


@dataclass(frozen=True)
class Session:
    """One worker for the runs of one call; thrown away afterwards."""

    worker: Worker | None
    checker: Checker
    timeout_s: float

    def drive(
        self, contenders: Sequence[Contender], view: ProjectView, *, deadline: float, cancel: Cancel
    ) -> dict[int, Conduct]:
        """What the outputs of each did, by index; never raises but `Cancelled`."""
        left = deadline - time.monotonic()
        if not contenders or self.worker is None:
            return {}
        if left <= 0:
            return {each.index: Conduct("not run before the deadline") for each in contenders}
        found = grouping.classes(contenders)
        params = {**surroundings(self.checker, view), "classes": grouping.encoded(found)}
        params |= {"timeout_s": min(left, self.timeout_s), "deadline_s": left}
        try:
            answer = self.worker.call("drive", params, timeout_s=left + _LATE_S, cancel=cancel)
            return grouping.decoded(found, answer)
        except (WorkerError, KeyError, TypeError, ValueError) as error:
            return {each.index: Conduct(str(error)) for each in contenders}


def surroundings(checker: Checker, view: ProjectView) -> dict[str, Any]:
    """What every run needs beside its design."""
    return {
        "includes": [[file.path, file.text] for file in view.includes],
        "include_dirs": list(view.include_dirs),
        "defines": dict(view.defines),
        "iverilog": checker.iverilog,
    }


@dataclass(frozen=True)
class Simulation:
    """Runs designs in workers that are thrown away afterwards."""

    checker: Checker
    config: CheckConfig

    @property
    def allowed(self) -> bool:
        if self.config.simulate == "auto":
            return self.checker.sandbox.confines
        return self.config.simulate == "on"

    def fault(self) -> str | None:
        """Why nothing can run at all."""
        if self.config.simulate == "off":
            return "simulation is switched off in the configuration"
        if not self.allowed:
            return _OFF
        return None if self.checker.iverilog else self.checker.iverilog_missing

    @contextmanager
    def session(self, method: str = "put") -> Iterator[Session]:
        """A worker that starts, with a call of `method`, while the caller still does something else."""
        if self.fault():
            yield Session(None, self.checker, self.config.timeout_s)
            return
        worker = self.checker.once("simulator")
        starting = threading.Thread(target=_start, args=(worker, method), daemon=True)
        starting.start()
        try:
            yield Session(worker, self.checker, self.config.timeout_s)
        finally:
            worker.close()
            starting.join()

    def run(self, design: Design, view: ProjectView, *, timeout_s: float, cancel: Cancel) -> Run:
        """One design; never raises but `Cancelled`."""
        params = {
            **surroundings(self.checker, view),
            "files": [list(file) for file in design.files],
            "top": design.top,
            "timeout_s": min(timeout_s, self.config.timeout_s),
            "arguments": ["-none"] if design.testbench else [],
        }
        worker = self.checker.once("simulator")
        try:
            answer = worker.call("simulate", params, timeout_s=timeout_s + _LATE_S, cancel=cancel)
            return Run(
                Result(answer["result"]), str(answer["reason"]), str(answer["output"]), str(answer["trace"])
            )
        except WorkerError as error:
            return Run(Result.UNKNOWN, str(error))
        finally:
            worker.close()

    def all(
        self, designs: Sequence[Design | None], view: ProjectView, *, deadline: float, cancel: Cancel
    ) -> list[tuple[Run | None, float]]:
        """(result, milliseconds) of each; None where there is no design."""

        def one(design: Design | None) -> tuple[Run | None, float]:
            begun = time.monotonic()
            if design is None:
                return None, 0.0
            left = deadline - begun
            if left <= 0:
                return Run(Result.UNKNOWN, "not run before the deadline"), 0.0
            result = self.run(design, view, timeout_s=left, cancel=cancel)
            return result, (time.monotonic() - begun) * 1e3

        with ThreadPoolExecutor(max_workers=2, thread_name_prefix="rtlwright-simulate") as pool:
            return list(pool.map(one, designs))


def _start(worker: Worker, method: str) -> None:
    with contextlib.suppress(WorkerError):  # the first run says what is wrong
        worker.call(method, {}, timeout_s=30.0)


_STATUS = {
    Result.PASSED: Status.PASS,
    Result.FAILED: Status.FAIL,
    Result.UNKNOWN: Status.UNCHECKED,
    Result.SILENT: Status.SKIPPED,
    Result.UNFIT: Status.FAIL,
}


def stage(run: Run, ms: float, bench: Bench) -> StageResult:
    """A run under a testbench as a stage. One that was found may be of another version of the module."""
    status = Status.SKIPPED if bench.found and run.result is Result.UNFIT else _STATUS[run.result]
    reason = f"{bench.origin}: {run.reason}"
    found = (Diagnostic(Severity.ERROR, 0, 0, reason, "vvp"),) if status is Status.FAIL else ()
    return StageResult("behaviour", status, round(ms, 3), found, None if found else reason)


def voice(text: str) -> str | None:
    """Why the output of a run of `text` would prove nothing."""
    found = speaks(text)
    return (
        f"the module calls {found} itself, so that the output of its simulation proves nothing"
        if found
        else None
    )


def agreement(found: Sequence[Sequence[int]], total: int) -> str | None:
    """ "5 of 8 agree"; None where there is nobody to agree with."""
    if not found or total < 2:
        return None
    return f"{len(found[0])} of {total} agree"


def sources_for(view: ProjectView, without: frozenset[str]) -> tuple[SourceFile, ...]:
    """The project's sources, but for those that define one of `without` again."""
    from rtlwright.server.check.text.lexer import code
    from rtlwright.server.check.worker.project import design_units

    if not without:
        return view.sources
    return tuple(
        s for s in view.sources if without.isdisjoint(name for name, _ in design_units(code(s.text)))
    )
