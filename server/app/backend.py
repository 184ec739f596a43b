"""The services behind the HTTP routes: one request top to bottom, for any client."""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from rtlwright.server.app.contents import SHARES, Contents
from rtlwright.server.app.metrics import Metrics
from rtlwright.server.app.stream import Tell
from rtlwright.server.app.workspace import Workspace
from rtlwright.server.app.workspaces import Workspaces
from rtlwright.server.check.gate import Gate
from rtlwright.server.config import Config
from rtlwright.server.feedback.behind import WriteBehind
from rtlwright.server.local import LocalService
from rtlwright.server.parts import Parts
from rtlwright.server.remote.forms import (
    COMPLETION,
    REPORT,
    SUGGESTION,
    CheckForm,
    CompleteForm,
    FeedbackForm,
    FilesForm,
    GenerateForm,
    ProjectForm,
    all_finite,
    finite,
)
from rtlwright.server.service import ServiceStatus
from rtlwright.server.types import (
    Cancel,
    CheckRequest,
    Completion,
    CompletionRequest,
    Document,
    FeedbackEvent,
    GenerateRequest,
    Suggestion,
)

_NOWHERE = Path("/rtlwright")


class Backend:
    """Blocking and thread-safe. Answers are JSON, with the client's own paths in it."""

    def __init__(self, config: Config, slots: int, metrics: Metrics):
        """Cheap: gates and model start with the first request, or with `warm`."""
        self._config, self._metrics = config, metrics
        first = Parts.of(config, _NOWHERE)
        self.store = WriteBehind(first.store)
        first = replace(
            first, store=self.store, threads=ThreadPoolExecutor(slots, thread_name_prefix="rtlwright-source")
        )
        count = config.serve.gates or max(1, (os.cpu_count() or 2) // 2)
        others = (replace(first, gate=Gate(config.check)) for _ in range(count - 1))
        self._parts = (first, *others)
        self.workspaces = Workspaces(config, self._parts)
        self._service = LocalService(config, _NOWHERE, first)
        self._lock = threading.Lock()
        self._contents: OrderedDict[str, Contents] = OrderedDict()

    def warm(self) -> None:
        """Start in the background what requests will need."""
        first = self._parts[0]
        for parts in self._parts:
            parts.gate.warm()
        if first.model is not None:
            first.threads.submit(first.model.warm)

    def complete(self, token: str, form: CompleteForm, cancel: Cancel) -> bytes:
        """project → request → service → answer; the others are alike."""
        workspace, opened = self._project(token, form.project, cancel)
        position = form.position.position()
        request = CompletionRequest(
            workspace.document(form.document),
            position,
            form.n,
            opened,
            manual=form.manual,
            speculative=form.speculative,
            brief=form.brief,
        )
        with workspace.their_words():
            completion = workspace.service.complete(request, cancel)
        return self._answer(workspace, completion)

    def generate(self, token: str, form: GenerateForm, cancel: Cancel, tell: Tell) -> bytes:
        workspace, _ = self._project(token, form.project, cancel)
        file = workspace.path(form.project_file) if form.project_file else None

        def progress(phrase: str) -> None:
            tell("progress", json.dumps({"phrase": phrase}).encode())

        def found(suggestion: Suggestion) -> None:
            tell("suggestion", workspace.theirs(SUGGESTION.dump_json(finite(suggestion))))

        request = GenerateRequest(form.spec, form.n, form.testbench, form.language, file, form.round)
        with workspace.their_words():
            completion = workspace.service.generate(
                request, cancel, progress, found if form.previews else None
            )
        return self._answer(workspace, completion)

    def check(self, token: str, form: CheckForm, cancel: Cancel) -> bytes:
        workspace, opened = self._project(token, form.project, cancel)
        documents = tuple(map(workspace.document, form.documents))
        bench, reference = (
            workspace.document(each) if each else None for each in (form.testbench, form.reference)
        )
        request = CheckRequest(
            documents, form.top, bench, opened, form.quick, form.find_testbench, reference, form.waves
        )
        with workspace.their_words():
            report = workspace.service.check(request, cancel)
        return workspace.theirs(REPORT.dump_json(report))

    def feedback(self, token: str, form: FeedbackForm) -> bool:
        """True once every event is safe."""
        workspace = self.workspaces.known(token, form.workspace)
        service = workspace.service if workspace else self._service
        kept = True
        for each in form.events:
            event = FeedbackEvent(each.kind, each.suggestion_id, each.at, each.detail)
            safe = service.record(event, each.id, form.capture)
            self._metrics.events.labels("kept" if safe else "refused").inc()
            kept &= safe
        return kept

    def files(self, token: str, form: FilesForm) -> None:
        self._contents_of(token).put(form.texts.values())

    def status(self) -> ServiceStatus:
        return self._service.status()

    @property
    def model_ready(self) -> bool:
        """Asks it: a server elsewhere may take its time."""
        model = self._parts[0].model
        return model is not None and model.status().ready

    def contents_size(self) -> int:
        with self._lock:
            return sum(contents.size for contents in self._contents.values())

    def close(self) -> None:
        """End every worker. Idempotent."""
        self.workspaces.close()
        first = self._parts[0]
        if first.model is not None:
            first.model.close()
        for parts in self._parts:
            parts.gate.close()
        self.store.close()
        first.threads.shutdown(wait=False, cancel_futures=True)

    def _project(
        self, token: str, form: ProjectForm, cancel: Cancel
    ) -> tuple[Workspace, tuple[Document, ...]]:
        workspace = self.workspaces.at(token, form)
        return workspace, workspace.take(form, self._contents_of(token), cancel)

    def _contents_of(self, token: str) -> Contents:
        with self._lock:
            found = self._contents.get(token)
            if found is None:
                found = self._contents[token] = Contents(self._config.serve.contents_mb * 2**20)
            self._contents.move_to_end(token)
            limit = SHARES * self._config.serve.contents_mb * 2**20
            while len(self._contents) > 1 and sum(each.size for each in self._contents.values()) > limit:
                self._contents.popitem(last=False)
            return found

    def _answer(self, workspace: Workspace, completion: Completion) -> bytes:
        self._metrics.count(completion)
        return workspace.theirs(COMPLETION.dump_json(all_finite(completion)))
