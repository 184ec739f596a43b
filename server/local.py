"""`LocalService`: everything in this process and its workers; no daemon, no port, no token."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rtlwright.server import testbenches
from rtlwright.server.actions.menu import ProjectActions
from rtlwright.server.check.text.conditions import suppose
from rtlwright.server.check.text.tops import modules
from rtlwright.server.config import Config, project_root
from rtlwright.server.context.excerpt import Excerpt, excerpt
from rtlwright.server.context.inclusion import inclusion
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.recent import RecentEdits
from rtlwright.server.context.window import Context, offset_of
from rtlwright.server.feedback.records import Capture, RequestRecord
from rtlwright.server.feedback.unseen import Unseen
from rtlwright.server.model.protocol import Model, ModelError, ModelStatus
from rtlwright.server.model.shared import SharedLines
from rtlwright.server.module_writer import ModuleWriter
from rtlwright.server.parts import Parts
from rtlwright.server.previews import Found
from rtlwright.server.rank import distinct, worth
from rtlwright.server.service import ServiceStatus
from rtlwright.server.showing import Clock, leaves_open, new_id, sort_out
from rtlwright.server.sources.base import Source
from rtlwright.server.sources.model import ModelSource
from rtlwright.server.sources.pending import Pending
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
    Progress,
    Status,
    Suggestion,
    Timings,
)

_MANUAL_DEADLINE_S = 5.0
_MANUAL_TOOLS = 3
_MANUAL_BEST = 6
"""How many more candidates than are wanted go through all stages where the user has asked and waits."""
_BRIEF_TRIES = 4
"""One after the other: what comes behind these is not worth the wait."""


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
        self._writer = ModuleWriter(config, parts)
        self._project = ProjectActions(self._index)
        self._unseen = Unseen()
        self._recent = RecentEdits()
        self._lines = SharedLines(self._model) if self._model is not None else None
        self._quick: tuple[Source, ...] = (StructureSource(), RecallSource())

    def warm(self) -> None:
        """Start the workers in the background, so that the first request finds them running."""
        self._threads.submit(self._gate.warm)
        if self._model is not None:
            self._threads.submit(self._model.warm)

    def complete(self, request: CompletionRequest, cancel: Cancel) -> Completion:
        """context → sources → splice and check → rank → record."""
        if part := excerpt(request, self._index) or inclusion(request, self._index):
            return self._in_part(part, cancel)
        clock = Clock()
        model = self._ask_model(request, cancel)  # it needs the text alone, and takes longest
        if not request.speculative and not request.document.excerpt:
            for document in (*request.open_documents, request.document):
                self._recent.observe(document)
        context = Context.of(request, self._index, self._recent.edits(), cancel=cancel)
        context_ms = clock.lap()
        candidates = [c for source in self._quick for c in source.propose(context, request.n, cancel)]
        if request.brief and model and candidates:
            self._begin_check(request, candidates, cancel)
        written, notes = self._written(model, request)
        sources_ms = clock.lap()
        judge = self._first_passing if request.brief else self._judged
        judged = judge(request, candidates + written, cancel)
        check_ms = clock.lap()
        shown, rejected = sort_out(judged, request.n, self._config.complete)
        if request.brief and not shown and any(map(leaves_open, rejected)):
            return self.complete(replace(request, brief=False), cancel)  # its block may close it
        timings = Timings(context_ms, sources_ms, check_ms, clock.total())
        completion = Completion(tuple(shown), tuple(rejected), timings, tuple(notes))
        document = request.document
        asked = RequestRecord("complete", document.language, context.prefix, context.suffix, document.path)
        if request.speculative:
            self._unseen.put(asked, completion)
        else:
            self._store.record_request(asked, completion)
        return completion

    def _in_part(self, part: Excerpt, cancel: Cancel) -> Completion:
        """For a document that is too large to be read at every key."""
        if part.is_large and not part.request.manual:
            return Completion((), notes=(part.too_large,))
        return part.widened(self.complete(part.request, cancel))

    def read_ahead(self, request: CompletionRequest, cancel: Cancel) -> None:
        """Let the model read around a place before anybody asks what comes there. Never raises."""
        if self._model is None:
            return
        document = request.document
        context = Context.at(document, offset_of(document, request.position))
        with contextlib.suppress(ModelError, Cancelled):
            self._source(self._model).read_ahead(context, cancel)

    def _judged(
        self, request: CompletionRequest, candidates: Iterable[Candidate], cancel: Cancel
    ) -> list[Suggestion]:
        """All of them, spliced and checked."""
        spliced = distinct(self._spliced(request.document, candidates))
        best = request.n + (_MANUAL_BEST if request.manual else 1)
        return self._checked(request, spliced, self._deadline_s(request), best, cancel)

    def _begin_check(
        self, request: CompletionRequest, candidates: Sequence[Candidate], cancel: Cancel
    ) -> None:
        """The most promising of the quick ones is checked while the model writes: often it is the best.

        The gate remembers what it has begun, so that nobody need wait for this.
        """
        best = max(distinct(candidates), key=worth)
        self._threads.submit(self._check_one, request, best, self._deadline_s(request), cancel)

    def _first_passing(
        self, request: CompletionRequest, candidates: Iterable[Candidate], cancel: Cancel
    ) -> list[Suggestion]:
        """Spliced and checked in the order of what they are worth, until one passes or time is over."""
        deadline = time.monotonic() + self._deadline_s(request)
        promising = sorted(distinct(candidates), key=worth, reverse=True)[:_BRIEF_TRIES]
        found: list[Suggestion] = []
        for candidate in promising:
            left = deadline - time.monotonic()
            if left <= 0 or any(suggestion.verdict.status is Status.PASS for suggestion in found):
                break
            found += self._check_one(request, candidate, left, cancel)
        return found

    def _check_one(
        self, request: CompletionRequest, candidate: Candidate, deadline_s: float, cancel: Cancel
    ) -> list[Suggestion]:
        spliced = self._spliced(request.document, [candidate])
        return self._checked(request, spliced, deadline_s, request.n + 1, cancel)

    def _spliced(self, document: Document, candidates: Iterable[Candidate]) -> list[Candidate]:
        whole = (replace(candidate, text=finished_lines(candidate.text)) for candidate in candidates)
        spliced = (self._gate.splice(document, candidate) for candidate in whole)
        return [candidate for candidate in spliced if candidate.text.strip()]

    def _checked(
        self,
        request: CompletionRequest,
        candidates: Sequence[Candidate],
        deadline_s: float,
        best: int,
        cancel: Cancel,
    ) -> list[Suggestion]:
        view = self._index.view(request.document, self._naming(request, candidates))
        verdicts = self._gate.check(
            request.document, candidates, view, deadline_s=deadline_s, best=best, cancel=cancel
        )
        return [Suggestion.of(new_id(), c, v) for c, v in zip(candidates, verdicts, strict=True)]

    def _naming(self, request: CompletionRequest, candidates: Iterable[Candidate]) -> list[str]:
        """Texts that name what the tools need; what is left out of the file is not in its headers."""
        texts, document = [candidate.text for candidate in candidates], request.document
        before = document.text[: offset_of(document, request.position)]
        if suppose(before, self._index.sources.defines) is not None:
            texts.append(document.text)
        return texts

    def generate(
        self,
        request: GenerateRequest,
        cancel: Cancel,
        progress: Progress | None = None,
        found: Found | None = None,
    ) -> Completion:
        return self._writer.generate(request, cancel, progress, found)

    def check(self, request: CheckRequest, cancel: Cancel) -> CheckReport:
        self._index.ensure()
        documents = tuple(map(self._placed, request.documents))
        for document in (*request.open_documents, *documents):
            self._index.update(document)
        wholes = tuple(dict.fromkeys(map(self._index.wholes.of, documents)))
        view = self._index.view_of_all(wholes)
        bench = request.testbench
        if bench is None and request.find_testbench:
            bench = self._testbench(name for each in request.documents for name in modules(each.text))
        return self._gate.check_files(
            wholes,
            view,
            asked=documents,
            top=request.top,
            testbench=bench,
            bench_view=self._index.view(bench) if bench else None,
            found=request.testbench is None,
            reference=request.reference,
            waves=request.waves,
            timeout_s=self._config.check.timeout_s * (_MANUAL_TOOLS if request.manual else 1),
            cancel=cancel,
            quick=request.quick,
        )

    def _placed(self, document: Document) -> Document:
        """Where the index has it, whatever links its path goes through: else it would stand beside itself."""
        return replace(document, path=self._index.root / self._index.name_of(document.path))

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
        if self._lines is not None:
            self._lines.close()
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

    def _written(
        self, model: Pending | None, request: CompletionRequest
    ) -> tuple[list[Candidate], list[str]]:
        """The model's, waited for as long as the configuration says."""
        if model is None:
            return [], []
        config = self._config.complete
        return model.candidates(_MANUAL_DEADLINE_S * 2 if request.manual else config.model_deadline_ms / 1000)

    def _ask_model(self, request: CompletionRequest, cancel: Cancel) -> Pending | None:
        if self._model is None:
            return None
        document, source = request.document, self._source(self._model)
        context = Context.at(document, offset_of(document, request.position), manual=request.manual)
        if request.brief:
            assert self._lines is not None
            return Pending(partial(source.first_line, context, self._lines), self._threads, cancel)
        return Pending(partial(source.propose, context, request.n), self._threads, cancel)

    def _source(self, model: Model) -> ModelSource:
        return ModelSource(model, self._config.model.max_tokens, self._config.model.temperature)
