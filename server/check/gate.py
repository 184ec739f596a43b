"""The gate: does a candidate bring an error that was not there?

Every candidate goes through splice and syntax, the best of them through Icarus and Yosys. All tools live in
a sandboxed worker (`tools`); this side refuses, asks, waits no longer than it was told to, and remembers.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rtlwright.server.check import wire
from rtlwright.server.check.batch import Board, Entry
from rtlwright.server.check.checker import INSTALL_ICARUS, Checker
from rtlwright.server.check.files import FileChecker, path_in, report, with_documents
from rtlwright.server.check.messages import explained
from rtlwright.server.check.modules import ModuleChecker, top_of
from rtlwright.server.check.refuse import refusal
from rtlwright.server.check.reports import GateStatus, ModuleChecks, Tool
from rtlwright.server.check.simulation import Design, Simulation, stage
from rtlwright.server.check.splice import span, splice
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    Candidate,
    CheckReport,
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
        work = _Work.of(self._checker, self._board, self._config, document, candidates, view, best)
        if work.fresh:
            self._supersede(document, work)
            self._threads.submit(self._run, work)
        wake = threading.Event()
        cancel.on_cancel(lambda: (wake.set(), self._board.poke())[0])
        self._board.wait(wake, work.entries, deadline)
        if cancel.cancelled:
            work.cancel.cancel()
            raise Cancelled
        late = f"not finished within {deadline_s * 1e3:.0f} ms"
        return [entry.verdict(late) for entry in work.entries]

    def check_files(
        self, documents: Sequence[Document], view: ProjectView, *, top: str | None, testbench: Document | None,
        timeout_s: float, cancel: Cancel,
    ) -> CheckReport:  # fmt: skip
        """Whole files, absolute errors; with `testbench`, simulated under it, too.

        Raises:
            Cancelled: `cancel` was set.
        """
        deadline = time.monotonic() + timeout_s
        checker = FileChecker(self._checker, self._config)
        stages = checker.stages(documents, view, top, timeout_s=timeout_s, cancel=cancel)
        if testbench is not None:
            stages.append(self._simulated(documents, view, testbench, stages, deadline, cancel))
        return report(stages, [path_in(view, document) for document in documents])

    def _simulated(
        self, documents: Sequence[Document], view: ProjectView, testbench: Document,
        stages: Sequence[StageResult], deadline: float, cancel: Cancel,
    ) -> StageResult:  # fmt: skip
        """The user's own design under the user's own testbench: it may print what it likes."""
        simulation = Simulation(self._checker, self._config)
        reason = simulation.fault() or refusal(testbench.text, testbench=True)
        if reason is None and Verdict.of(tuple(stages)).status is Status.FAIL:
            reason = "the files have errors"
        if reason:
            return StageResult("behaviour", Status.SKIPPED, 0.0, (), reason)
        whole = with_documents(view, documents)
        bench = path_in(view, testbench)
        sources = tuple((file.path, file.text) for file in whole.sources if file.path != bench)
        design = Design((*sources, (bench, testbench.text)), top_of(testbench.text), True)
        begun = time.perf_counter()
        run = simulation.run(design, view, timeout_s=max(0.1, deadline - time.monotonic()), cancel=cancel)
        return stage(run, (time.perf_counter() - begun) * 1e3)

    def check_modules(
        self, candidates: Sequence[str], view: ProjectView, language: Language, *,
        testbench: str | None, deadline_s: float, cancel: Cancel,
    ) -> ModuleChecks:  # fmt: skip
        """Whole generated modules: a verdict each, and who behaves like whom.

        Raises:
            Cancelled: `cancel` was set.
        """
        checker = ModuleChecker(self._checker, self._config)
        deadline = time.monotonic() + deadline_s
        return checker.check(candidates, view, language, testbench, deadline=deadline, cancel=cancel)

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
        tools = [Tool(n, versions.get(n), None, None if n in versions or fault else pip) for n in ("pyslang", "pyosys")]
        reason = fault or sandbox.reason or sandbox.limits
        return GateStatus(sandbox.mode.value, reason, Simulation(self._checker, self._config).allowed, (icarus, *tools))

    def warm(self) -> None:
        """Start the worker in the background, so that the first check need not wait for it."""
        self._threads.submit(self._warm)

    def close(self) -> None:
        """End every worker. Idempotent."""
        self._checker.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _warm(self) -> None:
        try:
            self._checker.call("warm", {}, timeout_s=30.0)
        except WorkerError:
            pass  # the first check says what is wrong

    def _supersede(self, document: Document, work: _Work) -> None:
        """What is still under way for an older text of the same document is no longer wanted."""
        name, text = str(document.path), document.text
        with self._lock:
            old = self._running.get(name)
            self._running[name] = (text, work.cancel)
        if old is not None and old[0] != text:
            old[1].cancel()

    def _run(self, work: _Work) -> None:
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


class _Work:
    """One call's worth of candidates: what is new among them, and what came back."""

    def __init__(self, checker: Checker, board: Board, params: dict[str, Any], view: ProjectView, timeout_s: float):
        self.cancel = Cancel()
        self.entries: list[Entry] = []
        self.fresh: dict[int, str] = {}
        self.waiting: list[int] = []
        self._checker, self._board, self._view = checker, board, view
        self._params, self._timeout_s = params, timeout_s

    @classmethod
    def of(
        cls, checker: Checker, board: Board, config: CheckConfig, document: Document,
        candidates: Sequence[Candidate], view: ProjectView, best: int,
    ) -> _Work:  # fmt: skip
        params = {
            "project": checker.project(view),
            "document": document.text,
            "standard": standard(config, document.language),
            "lenient": config.standard == "auto",
            "settings": checker.settings(best),
        }
        work = cls(checker, board, params, view, config.timeout_s)
        salt = f"{params['project']['key']}\0{params['standard']}\0{params['settings']}\0{document.text}".encode()
        digest = hashlib.blake2b(salt, digest_size=16).hexdigest()
        texts: dict[int, dict[str, Any]] = {}
        for index, candidate in enumerate(candidates):
            start, end = span(document.text, candidate)
            text = hashlib.blake2b(candidate.text.encode(errors="replace"), digest_size=16).hexdigest()
            work._enter(index, f"{digest}:{start}:{end}:{text}", candidate)
            texts[index] = {"index": index, "text": candidate.text, "start": start, "end": end}
        ranked = sorted(work.fresh, key=lambda index: -candidates[index].score)
        work.waiting = [index for index in ranked if not work.entries[index].done]
        params["candidates"] = [texts[index] for index in work.waiting]
        return work

    def _enter(self, index: int, name: str, candidate: Candidate) -> None:
        entry, new = self._board.entry(name)
        self.entries.append(entry)
        if not new:
            return
        self.fresh[index] = name
        begun = time.perf_counter()
        reason = refusal(candidate.text) if candidate.text.strip() else "nothing of it is left to insert"
        ms = (time.perf_counter() - begun) * 1e3
        found = (Diagnostic(Severity.ERROR, 0, 0, reason, "rtlwright"),) if reason else ()
        self._board.add(entry, StageResult("splice", Status.FAIL if reason else Status.PASS, ms, found))

    def call(self) -> None:
        """Ask the worker for everything that waits; afterwards less waits, whatever happened."""
        self._params["candidates"] = [c for c in self._params["candidates"] if c["index"] in self.waiting]
        # A tool has its limit; a batch has that of every tool, in turn, and some more.
        limit = self._timeout_s * (2 + len(self.waiting))
        try:
            self._checker.call(
                "check", self._params, self._view, timeout_s=limit, cancel=self.cancel, on_part=self._part
            )
        except WorkerError as error:
            self._died(str(error))
            return
        for index in list(self.waiting):
            self._end(index, "not among the best")

    def _part(self, part: Any) -> None:
        index, stage = part[0], explained(wire.decode_stage(part[1]))
        if index not in self.fresh:
            return
        entry = self.entries[index]
        last = {"icarus", "yosys"} <= entry.stages.keys() | {stage.name}
        self._board.add(entry, stage, last=last)
        if entry.done and index in self.waiting:
            self.waiting.remove(index)

    def _died(self, reason: str) -> None:
        """The one it was at is to blame, the others get another try; in the end nobody waits for ever."""
        culprit = next((i for i in self.waiting if "syntax" not in self.entries[i].stages), None)
        for index in list(self.waiting):
            if culprit is None or index == culprit or "syntax" in self.entries[index].stages:
                self._end(index, reason)

    def _end(self, index: int, reason: str) -> None:
        entry = self.entries[index]
        lacking = [name for name in ("syntax", "icarus", "yosys") if name not in entry.stages]
        for name in lacking[:1] if "syntax" in lacking else lacking:
            self._board.add(entry, StageResult(name, Status.UNCHECKED, 0.0, (), reason))
        self.waiting.remove(index)
        self._board.finish(self.fresh[index], keep=reason == "not among the best")

    def give_up(self, reason: str) -> None:
        for index in list(self.waiting):
            self._end(index, reason)

    def close(self) -> None:
        """Entries that are not done are forgotten: they can be asked for again."""
        for index in self.waiting:
            self._board.forget(self.fresh[index])


def standard(config: CheckConfig, language: Language) -> str:
    """The standard a text is held to."""
    if config.standard != "auto":
        return config.standard
    return "2005" if language is Language.VERILOG else "2017"
