"""`LocalService`: everything in this process and its workers; no daemon, no port, no token."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from functools import partial
from pathlib import Path

from rtlwright.server import testbenches
from rtlwright.server.actions.menu import ProjectActions
from rtlwright.server.check.behaviour.simulation import Bench
from rtlwright.server.check.gate import ModuleChecks
from rtlwright.server.check.reports import LEAVES_OPEN
from rtlwright.server.check.text.tops import modules
from rtlwright.server.config import Config, project_root
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import Context
from rtlwright.server.extract import module_text
from rtlwright.server.feedback.records import Capture, RequestRecord
from rtlwright.server.feedback.unseen import Unseen
from rtlwright.server.model.protocol import Generation, Model, ModelError, ModelStatus, Sampling
from rtlwright.server.parts import Parts
from rtlwright.server.rank import distinct, rank
from rtlwright.server.service import ServiceStatus
from rtlwright.server.sources.base import Source
from rtlwright.server.sources.model import ModelSource
from rtlwright.server.sources.recall import RecallSource
from rtlwright.server.sources.structure import StructureSource
from rtlwright.server.sources.trim import finished_lines
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    Candidate,
    CheckReport,
    CheckRequest,
    Completion,
    CompletionRequest,
    Document,
    FeedbackEvent,
    GenerateRequest,
    Language,
    Position,
    Progress,
    ProjectView,
    Range,
    SourceName,
    Status,
    Suggestion,
    Timings,
)
from rtlwright.server.vote import vote

_MANUAL_DEADLINE_S = 5.0
_MANUAL_BEST = 6
"""How many more candidates than are wanted go through all stages where the user has asked and waits."""
_START_OF_FILE = Range.at(Position(0, 0))
_MODULE_TOKENS = 1200
_ROUNDS = 3


class LocalService:
    """See `Service`. Cheap to make: the index, the model and the gate start with the first request."""

    def __init__(self, config: Config, root: Path | None = None, parts: Parts | None = None):
        """With `parts` from elsewhere, which their owner closes; else with its own."""
        self._config = config
        self._root = root or project_root(Path.cwd())
        self._owner = parts is None
        parts = parts or Parts.of(config, self._root)
        self._index, self._gate, self._model = parts.index, parts.gate, parts.model
        self._store, self._threads = parts.store, parts.threads
        self._project = ProjectActions(self._index)
        self._unseen = Unseen()
        self._quick: tuple[Source, ...] = (StructureSource(), RecallSource())

    def warm(self) -> None:
        """Start the workers in the background, so that the first request finds them running."""
        self._threads.submit(self._gate.warm)
        if self._model is not None:
            self._threads.submit(self._model.warm)

    def complete(self, request: CompletionRequest, cancel: Cancel) -> Completion:
        """context → sources → splice and check → rank → record."""
        clock = _Clock()
        context = Context.of(request, self._index)
        context_ms = clock.lap()
        candidates, notes = self._propose(context, request, cancel)
        sources_ms = clock.lap()
        whole = (replace(c, text=finished_lines(c.text)) for c in candidates)
        spliced = distinct(self._gate.splice(request.document, c) for c in whole)
        spliced = [c for c in spliced if c.text.strip()]
        view = self._index.view(request.document, [c.text for c in spliced])
        deadline_s, best = self._deadline_s(request), request.n + (_MANUAL_BEST if request.manual else 1)
        verdicts = self._gate.check(
            request.document, spliced, view, deadline_s=deadline_s, best=best, cancel=cancel
        )
        check_ms = clock.lap()
        all_ = [Suggestion.of(_new_id(), c, v) for c, v in zip(spliced, verdicts, strict=True)]
        shown, rejected = self._sort_out(all_, request.n)
        timings = Timings(context_ms, sources_ms, check_ms, clock.total())
        completion = Completion(tuple(shown), tuple(rejected), timings, tuple(notes))
        document = request.document
        asked = RequestRecord("complete", document.language, context.prefix, context.suffix, document.path)
        if request.speculative:
            self._unseen.put(asked, completion)
        else:
            self._store.record_request(asked, completion)
        return completion

    def generate(
        self, request: GenerateRequest, cancel: Cancel, progress: Progress | None = None
    ) -> Completion:
        """sample modules → check them together, behaviour too → rank by verdict and agreement → record.

        While none has passed and there is time, again with other seeds.
        """
        clock = _Clock()
        deadline = time.monotonic() + self._config.generate.deadline_s
        context_ms = clock.lap()
        tried: dict[str, Suggestion] = {}
        writing_ms = check_ms = 0.0
        for attempt in range(_ROUNDS):
            modules, notes = self._write(request, attempt, cancel, progress)
            writing_ms += clock.lap()
            view = self._index.view_of_new(_new_file(request), [module.text for module in modules])
            checks = self._check_modules(request, view, modules, deadline, cancel, progress)
            check_ms += clock.lap()
            tried |= {s.text: s for s in vote(modules, checks, request.spec) if s.text not in tried}
            shown, rejected = self._sort_out(list(tried.values()), len(tried))
            if shown or notes or time.monotonic() > deadline:
                break
        timings = Timings(context_ms, writing_ms, check_ms, clock.total())
        completion = Completion(
            tuple(shown), tuple(rejected), timings, tuple(notes), checks.agreement, checks.outputs
        )
        asked = RequestRecord("generate", request.language, request.spec, path=request.project_file)
        self._store.record_request(asked, completion)
        return completion

    def _check_modules(
        self,
        request: GenerateRequest,
        view: ProjectView,
        candidates: Sequence[Candidate],
        deadline: float,
        cancel: Cancel,
        progress: Progress | None,
    ) -> ModuleChecks:
        if progress:
            progress(f"checking {len(candidates)} candidates")
        bench: Bench | str | None = request.testbench
        if bench is None and (document := self._testbench(_top(each.text) for each in candidates)):
            around = self._index.view(document)
            bench = Bench(document.text, around.document_path, True, around)
        return self._gate.check_modules(
            [candidate.text for candidate in candidates],
            view,
            request.language,
            testbench=bench,
            deadline_s=max(1.0, deadline - time.monotonic()),
            cancel=cancel,
        )

    def check(self, request: CheckRequest, cancel: Cancel) -> CheckReport:
        for document in request.open_documents:
            self._index.update(document)
        view = self._index.view(request.documents[0])
        bench = request.testbench
        if bench is None and request.find_testbench:
            bench = self._testbench(name for each in request.documents for name in modules(each.text))
        return self._gate.check_files(
            request.documents,
            view,
            top=request.top,
            testbench=bench,
            bench_view=self._index.view(bench) if bench else None,
            found=request.testbench is None,
            reference=request.reference,
            waves=request.waves,
            timeout_s=self._config.check.timeout_s,
            cancel=cancel,
            quick=request.quick,
        )

    def _testbench(self, modules: Iterable[str]) -> Document | None:
        """The project's own, if it is wanted."""
        return testbenches.find(self._index, modules) if self._config.check.testbench == "auto" else None

    def feedback(self, event: FeedbackEvent) -> None:
        self.record(event)

    def record(self, event: FeedbackEvent, uid: str | None = None, capture: Capture = "full") -> bool:
        """`feedback` for those who have to know whether the event is safe; see `Store.record`."""
        if (seen := self._unseen.take(event.suggestion_id)) is not None:
            self._store.record_request(*seen)
        return self._store.record(event, uid, capture)

    def status(self) -> ServiceStatus:
        model = self._model.status() if self._model else ModelStatus("off", True, "no model (model.engine)")
        gate = self._gate.status()
        notes = [*gate.notes, *self._store.status().notes]
        if not model.ready:
            notes.append(model.detail)
        return ServiceStatus("local", model, gate.sandbox, tuple(notes))

    @property
    def project(self) -> ProjectActions:
        return self._project

    @property
    def config(self) -> Config:
        return self._config

    @property
    def index(self) -> ProjectIndex:
        """The project as the tool sees it (`rtlwright index`)."""
        return self._index

    def close(self) -> None:
        if not self._owner:
            return
        if self._model is not None:
            self._model.close()
        self._gate.close()
        self._index.close()
        self._store.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _deadline_s(self, request: CompletionRequest) -> float:
        return _MANUAL_DEADLINE_S if request.manual else self._config.complete.deadline_ms / 1000

    def _propose(
        self, context: Context, request: CompletionRequest, cancel: Cancel
    ) -> tuple[list[Candidate], list[str]]:
        """All sources; the model in a thread of its own, waited for as long as the configuration says."""
        enough = Cancel()
        cancel.on_cancel(enough.cancel)
        model = self._ask_model(context, request, enough)
        candidates: list[Candidate] = []
        for source in self._quick:
            cancel.check()
            candidates += source.propose(context, request.n, cancel)
        if model is None:
            return candidates, []
        try:
            wait_s = (
                _MANUAL_DEADLINE_S * 2 if request.manual else self._config.complete.model_deadline_ms / 1000
            )
            return candidates + model.result(wait_s), []
        except FutureTimeout:
            enough.cancel()  # nobody will look at it: the engine is free for the next request
            return candidates, ["the model did not answer in time"]
        except CancelledError:
            raise Cancelled from None
        except ModelError as error:
            return candidates, [f"model: {error}"]

    def _ask_model(
        self, context: Context, request: CompletionRequest, cancel: Cancel
    ) -> Future[list[Candidate]] | None:
        if self._model is None:
            return None
        config = self._config.model
        source = ModelSource(self._model, config.max_tokens, config.temperature)
        asked = self._threads.submit(source.propose, context, request.n, cancel)
        cancel.on_cancel(partial(_forget, asked))
        return asked

    def _write(
        self, request: GenerateRequest, attempt: int, cancel: Cancel, progress: Progress | None
    ) -> tuple[list[Candidate], list[str]]:
        model = self._model
        if model is None:
            return [], ["generate needs a model: set model.engine"]
        done = 0

        def on_answer(answer: Generation) -> None:
            nonlocal done
            done += 1
            if progress:
                progress(f"{done} of {request.n} candidates written")

        temperature = self._config.model.temperature
        sampling = Sampling(
            request.n, _MODULE_TOKENS, temperature, seed=(request.round * _ROUNDS + attempt) * request.n
        )
        try:
            answers = model.write(request.spec, sampling, cancel, on_answer)
        except ModelError as error:
            return [], [f"model: {error}"]
        # The same text twice is two votes: it is made one suggestion only after the vote.
        return [_module(model, answer) for answer in answers], []

    def _sort_out(
        self, suggestions: Sequence[Suggestion], n: int
    ) -> tuple[list[Suggestion], list[Suggestion]]:
        """What may be shown, best first, and what was rejected. Nothing that fails is ever shown."""
        config = self._config.complete
        allowed = {Status.PASS}
        allowed |= {Status.WARN} if config.show_warnings else set()
        allowed |= {Status.UNCHECKED} if config.show_unchecked else set()
        ranked = rank(suggestions)
        shown = [s for s in ranked if s.verdict.status in allowed and not _leaves_open(s)]
        return shown[:n], [s for s in ranked if s.verdict.status not in allowed or _leaves_open(s)]


def _new_file(request: GenerateRequest) -> Path:
    """Beside the project's file, so that a module of that very file may be used, too."""
    suffix = ".v" if request.language is Language.VERILOG else ".sv"
    return (request.project_file or Path("x")).with_name(f"rtlwright_generated{suffix}")


def _top(text: str) -> str:
    """The module that a candidate is about: its last one."""
    return (modules(text) or [""])[-1]


def _forget(asked: Future[list[Candidate]]) -> None:
    """If it has not begun."""
    asked.cancel()


class _Clock:
    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        ms, self._last = (now - self._last) * 1000, now
        return round(ms, 3)

    def total(self) -> float:
        return round((time.perf_counter() - self._start) * 1000, 3)


def _leaves_open(suggestion: Suggestion) -> bool:
    """A promise of the gate: what is shown brings no error, not even one that more typing would mend."""
    return any(d.message == LEAVES_OPEN for d in suggestion.verdict.diagnostics)


def _new_id() -> str:
    return uuid.uuid4().hex


def _module(model: Model, answer: Generation) -> Candidate:
    return Candidate(module_text(answer.text), _START_OF_FILE, SourceName.MODEL, model.name, answer.logprob)
