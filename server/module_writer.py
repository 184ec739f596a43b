"""Whole modules from a specification: written by the model, checked and simulated together, voted on."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from rtlwright.server import testbenches
from rtlwright.server.check.behaviour.simulation import Bench
from rtlwright.server.check.gate import ModuleChecks
from rtlwright.server.check.text.tops import modules
from rtlwright.server.config import Config
from rtlwright.server.extract import module_text
from rtlwright.server.feedback.records import RequestRecord
from rtlwright.server.model.protocol import Generation, Model, ModelError, Sampling
from rtlwright.server.parts import Parts
from rtlwright.server.previews import Found, Previews
from rtlwright.server.showing import Clock, new_id, sort_out
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    Candidate,
    Completion,
    Document,
    GenerateRequest,
    Language,
    Position,
    Progress,
    ProjectView,
    Range,
    SourceName,
    Suggestion,
    Timings,
)
from rtlwright.server.vote import vote

_START_OF_FILE = Range.at(Position(0, 0))
_MODULE_TOKENS = 1200
_ROUNDS = 3


class ModuleWriter:
    """`Service.generate` for `LocalService`."""

    def __init__(self, config: Config, parts: Parts):
        self._config = config
        self._index, self._gate, self._model = parts.index, parts.gate, parts.model
        self._store, self._threads = parts.store, parts.threads

    def generate(
        self,
        request: GenerateRequest,
        cancel: Cancel,
        progress: Progress | None = None,
        found: Found | None = None,
    ) -> Completion:
        """sample modules → check them together, behaviour too → rank by verdict and agreement → record.

        While none has passed and there is time, again with other seeds. `found` is told of each module as
        soon as it has been checked by itself.
        """
        clock = Clock()
        deadline = time.monotonic() + self._config.generate.deadline_s
        # A single one is the whole answer: it would be checked twice, and be there no sooner.
        previews = self._previews(request, found, cancel) if found and request.n > 1 else None
        context_ms = clock.lap()
        tried: dict[str, Suggestion] = {}
        writing_ms = check_ms = 0.0
        for attempt in range(_ROUNDS):
            modules, notes = self._write(request, attempt, deadline, cancel, progress, previews)
            writing_ms += clock.lap()
            view = self._index.view_of_new(_new_file(request), [module.text for module in modules])
            checks = self._check_modules(request, view, modules, deadline, cancel, progress)
            check_ms += clock.lap()
            tried |= {s.text: s for s in vote(modules, checks, request.spec) if s.text not in tried}
            shown, rejected = sort_out(list(tried.values()), len(tried), self._config.complete)
            if shown or notes or time.monotonic() > deadline:
                break
        timings = Timings(context_ms, writing_ms, check_ms, clock.total())
        if previews is not None:
            shown, rejected = list(previews.same_ids(shown)), list(previews.same_ids(rejected))
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
        if bench is None and (document := self._testbench(candidates)):
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

    def _testbench(self, candidates: Sequence[Candidate]) -> Document | None:
        """The project's own, if it is wanted."""
        if self._config.check.testbench != "auto":
            return None
        return testbenches.find(self._index, [_top(each.text) for each in candidates])

    def _previews(self, request: GenerateRequest, found: Found, cancel: Cancel) -> Previews:
        enough = Cancel()
        cancel.on_cancel(enough.cancel)

        def check(candidate: Candidate) -> Suggestion:
            view = self._index.view_of_new(_new_file(request), [candidate.text])
            checks = self._gate.check_modules(
                [candidate.text],
                view,
                request.language,
                testbench=request.testbench,
                deadline_s=self._config.check.timeout_s,
                cancel=enough,
            )
            return Suggestion.of(new_id(), candidate, checks.verdicts[0])

        return Previews(check, found, self._threads, enough)

    def _write(
        self,
        request: GenerateRequest,
        attempt: int,
        deadline: float,
        cancel: Cancel,
        progress: Progress | None,
        previews: Previews | None,
    ) -> tuple[list[Candidate], list[str]]:
        """Modules as the model writes them; what is written when time is over counts."""
        model = self._model
        if model is None:
            return [], ["generate needs a model: set model.engine"]
        written: list[Candidate] = []

        def on_answer(answer: Generation) -> None:
            written.append(_module(model, answer))
            if previews:
                previews.put(written[-1])
            if progress:
                progress(f"{len(written)} of {request.n} candidates written")

        temperature = self._config.model.temperature
        number = request.round * _ROUNDS + attempt
        greedy = number == 0 or request.n > 1  # it is the same each time: alone, once is enough
        sampling = Sampling(
            request.n, _MODULE_TOKENS, temperature, seed=number * request.n, greedy_first=greedy
        )
        enough = Cancel()
        cancel.on_cancel(enough.cancel)
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), enough.cancel)
        timer.daemon = True
        timer.start()
        try:
            answers = model.write(request.spec, sampling, enough, on_answer)
        except ModelError as error:
            return written, [f"model: {error}"]
        except Cancelled:
            cancel.check()
            return written, [f"the model has written {len(written)} of {request.n} modules in time"]
        finally:
            timer.cancel()
        # The same text twice is two votes: it is made one suggestion only after the vote.
        return [_module(model, answer) for answer in answers], []


def _new_file(request: GenerateRequest) -> Path:
    """Beside the project's file, so that a module of that very file may be used, too."""
    suffix = ".v" if request.language is Language.VERILOG else ".sv"
    return (request.project_file or Path("x")).with_name(f"rtlwright_generated{suffix}")


def _top(text: str) -> str:
    """The module that a candidate is about: its last one."""
    return (modules(text) or [""])[-1]


def _module(model: Model, answer: Generation) -> Candidate:
    return Candidate(module_text(answer.text), _START_OF_FILE, SourceName.MODEL, model.name, answer.logprob)
