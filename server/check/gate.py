"""The gate: does a candidate bring an error that was not there?

Every candidate goes through splice and syntax, the best of them through Icarus and Yosys. All tools live in
a sandboxed worker (`tools`); this side refuses, asks, waits no longer than it was told to, and remembers.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from rtlwright.server.check.against import AgainstChecker
from rtlwright.server.check.batch import Board
from rtlwright.server.check.behaviour.simulation import Bench, Design, Simulation, stage
from rtlwright.server.check.checker import INSTALL_ICARUS, Checker, safe
from rtlwright.server.check.files import FileChecker, path_in, report, with_documents
from rtlwright.server.check.modules import ModuleChecker, top_of
from rtlwright.server.check.outside import told
from rtlwright.server.check.refuse import refusal
from rtlwright.server.check.reports import GateStatus, ModuleChecks, Tool
from rtlwright.server.check.unfinished.splice import splice
from rtlwright.server.check.work import Work
from rtlwright.server.comparison import Against
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    Candidate,
    CheckReport,
    Document,
    Language,
    ProjectView,
    StageResult,
    Status,
    Verdict,
)
from rtlwright.server.worker import WorkerError

__all__ = ["Gate", "GateStatus", "ModuleChecks"]


class Gate:
    """Checks candidates, files and modules. Thread-safe; workers start at the first use."""

    def __init__(self, config: CheckConfig):
        self._config = config
        self._checker = Checker(config)
        self._board = Board()
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="rtlwright-gate")
        self._lock = threading.Lock()
        self._running: dict[str, tuple[str, Cancel]] = {}

    def splice(self, document: Document, candidate: Candidate) -> Candidate:
        """The candidate as it is to be inserted (and checked): trimmed to what fits its place."""
        return splice(document, candidate)

    def check(
        self, document: Document, candidates: Sequence[Candidate], view: ProjectView, *,
        deadline_s: float, best: int = 4, cancel: Cancel,
    ) -> list[Verdict]:  # fmt: skip
        """A verdict for each candidate, in their order.

        All go through splice and syntax, the `best` highest ranked that survive through Icarus and Yosys.
        What is not finished after `deadline_s` is unchecked; it is finished in the background and remembered.

        Raises:
            Cancelled: `cancel` was set.
        """
        deadline = time.monotonic() + deadline_s
        cancel.check()
        work = Work.of(self._checker, self._board, self._config, document, candidates, view, best)
        if work.fresh:
            self._supersede(document, work)
            self._threads.submit(self._run, work)
        wake = threading.Event()

        def stop() -> None:
            wake.set()
            self._board.poke()

        cancel.on_cancel(stop)
        self._board.wait(wake, work.entries, deadline)
        if cancel.cancelled:
            work.cancel.cancel()
            raise Cancelled
        late = f"not finished within {deadline_s * 1e3:.0f} ms"
        optional = frozenset() if self._config.yosys == "fail" else frozenset({"yosys"})
        return [entry.verdict(late, optional=optional) for entry in work.entries]

    def check_files(
        self, documents: Sequence[Document], view: ProjectView, *,
        top: str | None, testbench: Document | None, timeout_s: float, cancel: Cancel, quick: bool = False,
        reference: Document | None = None, waves: bool = False,
        bench_view: ProjectView | None = None, found: bool = False, asked: Sequence[Document] = (),
    ) -> CheckReport:  # fmt: skip
        """Whole files, absolute errors; with `testbench`, simulated under it, with `reference`, compared.

        `quick`: syntax alone. `bench_view`: what the testbench needs of the project. `found`: the user has
        not named it. `asked`: whose errors count, where these are parts that `documents` include.

        Raises:
            UserError: it is not clear what to compare with `reference`, or that has errors.
            Cancelled: `cancel` was set.
        """
        deadline = time.monotonic() + timeout_s
        view = safe(view)
        checker = FileChecker(self._checker, self._config)
        asked = asked or documents
        stages = checker.stages(
            documents, view, top, timeout_s=timeout_s, cancel=cancel, quick=quick, lenient=True, asked=asked
        )
        if testbench is not None:
            around = bench_view or view
            bench = Bench(testbench.text, path_in(around, testbench), found, around)
            stages.append(self._simulated(documents, bench, stages, deadline, cancel))
        paths, against = [told(path_in(view, document)) for document in asked], None
        if reference is not None:
            compared, against = self._compared(documents, reference, view, top, waves, stages, cancel)
            stages += compared
        return replace(report(stages, paths), against=against)

    def _compared(
        self, documents: Sequence[Document], reference: Document, view: ProjectView, top: str | None,
        waves: bool, stages: Sequence[StageResult], cancel: Cancel,
    ) -> tuple[list[StageResult], Against]:  # fmt: skip
        """Both halves of a comparison have a tool's time limit each, after the checks before."""
        if Verdict.of(tuple(stages)).status is Status.FAIL:
            reason = "the files have errors"
            skipped = [StageResult(n, Status.SKIPPED, 0.0, (), reason) for n in ("comparison", "equivalence")]
            return skipped, Against(str(reference.path))
        checker = AgainstChecker(self._checker, self._config)
        deadline = time.monotonic() + 3 * self._config.timeout_s
        return checker.compare(documents, reference, view, top, waves=waves, deadline=deadline, cancel=cancel)

    def _simulated(
        self, documents: Sequence[Document], bench: Bench, stages: Sequence[StageResult],
        deadline: float, cancel: Cancel,
    ) -> StageResult:  # fmt: skip
        """The user's own design under the user's own testbench: it may print what it likes."""
        simulation = Simulation(self._checker, self._config)
        reason = simulation.fault() or refusal(bench.text, testbench=True)
        if reason is None and Verdict.of(tuple(stages)).status is Status.FAIL:
            reason = "the files have errors"
        if reason:
            return StageResult("behaviour", Status.SKIPPED, 0.0, (), reason)
        assert bench.view is not None
        whole = with_documents(bench.view, documents)
        sources = tuple((file.path, file.text) for file in whole.sources if file.path != bench.path)
        design = Design((*sources, (bench.path, bench.text)), top_of(bench.text), True)
        begun, left = time.perf_counter(), max(0.1, deadline - time.monotonic())
        run = simulation.run(design, bench.view, timeout_s=left, cancel=cancel)
        return stage(run, (time.perf_counter() - begun) * 1e3, bench)

    def check_modules(
        self, candidates: Sequence[str], view: ProjectView, language: Language, *,
        testbench: Bench | str | None, deadline_s: float, cancel: Cancel,
    ) -> ModuleChecks:  # fmt: skip
        """Whole generated modules: a verdict each, and who behaves like whom.

        Raises:
            Cancelled: `cancel` was set.
        """
        view = safe(view)
        checker = ModuleChecker(self._checker, self._config)
        deadline = time.monotonic() + deadline_s
        bench = Bench(testbench) if isinstance(testbench, str) else testbench
        return checker.check(candidates, view, language, bench, deadline=deadline, cancel=cancel)

    def status(self) -> GateStatus:
        """What there is on this machine, and what is missing. Starts the worker."""
        sandbox, iverilog = self._checker.sandbox, self._checker.iverilog
        try:
            versions = self._checker.call("versions", {"iverilog": iverilog}, timeout_s=20.0)
            fault = None
        except WorkerError as error:
            versions, fault = {}, str(error)
        icarus = Tool("iverilog", versions.get("iverilog"), iverilog, None if iverilog else INSTALL_ICARUS)
        pip = "pip install --force-reinstall rtlwright"
        tools = [
            Tool(n, versions.get(n), None, None if n in versions or fault else pip)
            for n in ("pyslang", "pyosys")
        ]
        allowed = Simulation(self._checker, self._config).allowed
        return GateStatus(
            sandbox.mode.value, sandbox.reason, sandbox.limits, fault, allowed, (icarus, *tools)
        )

    def warm(self) -> None:
        """Start the worker in the background, so that the first check need not wait for it."""
        self._threads.submit(self._warm)

    def close(self) -> None:
        """End every worker. Idempotent."""
        self._checker.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _warm(self) -> None:
        with contextlib.suppress(WorkerError):  # the first check says what is wrong
            self._checker.call("warm", self._checker.settings(best=1), timeout_s=30.0)

    def _supersede(self, document: Document, work: Work) -> None:
        """What is still under way for an older text of the same document is no longer wanted."""
        name, text = str(document.path), document.text
        with self._lock:
            old = self._running.get(name)
            self._running[name] = (text, work.cancel)
        if old is not None and old[0] != text:
            old[1].cancel()

    def _run(self, work: Work) -> None:
        """Until every new entry is done; survives whatever the worker does."""
        try:
            while work.waiting:
                work.call()
        except Cancelled:
            pass
        except Exception as error:  # the one boundary: a bug here is an unchecked candidate, not a hang
            work.give_up(f"{type(error).__name__}: {error}")
            raise
        finally:
            work.close()
