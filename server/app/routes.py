"""The routes: translation between HTTP and `Backend`, and nothing else."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from rtlwright.server.app.audit import Audit
from rtlwright.server.app.backend import Backend
from rtlwright.server.app.calls import Calls
from rtlwright.server.app.faults import Refused
from rtlwright.server.app.metrics import Metrics
from rtlwright.server.app.stream import EventStream
from rtlwright.server.remote.forms import (
    CheckForm,
    CompleteForm,
    FeedbackForm,
    FilesForm,
    GenerateForm,
    StatusAnswer,
)
from rtlwright.server.types import CheckReport, Completion

_TYPING_WAIT_S = 0.4
"""Longer, and the author has typed on."""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `begin`, `progress` ({phrase}), `suggestion` (a Suggestion whose "
        "own checks have ended), last `completion` (a Completion) or `error` (a Fault with its status)",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def _caller(request: Request) -> str:
    """Id of the token that the guard has found to be valid."""
    token: str = request.state.token.id
    return token


Caller = Annotated[str, Depends(_caller)]


class Routes:
    """What each address answers."""

    def __init__(
        self, backend: Backend, calls: Calls, metrics: Metrics, audit: Audit, wait_s: float, version: str
    ):
        """`wait_s`: how long a request that somebody waits for may wait for a slot."""
        self._backend, self._calls, self._metrics, self._audit = backend, calls, metrics, audit
        self._wait_s, self._version = wait_s, version

    def router(self) -> APIRouter:
        made = APIRouter()
        work, operation = (
            partial(made.add_api_route, tags=["service"]),
            partial(made.add_api_route, tags=["operation"]),
        )
        work("/v1/complete", self.complete, methods=["POST"], response_model=Completion)
        work("/v1/generate", self.generate, methods=["POST"], response_class=Response, responses=_STREAM)
        work("/v1/check", self.check, methods=["POST"], response_model=CheckReport)
        work("/v1/feedback", self.feedback, methods=["POST"], status_code=204)
        work("/v1/files", self.files, methods=["POST"], status_code=204)
        work("/v1/status", self.status, methods=["GET"])
        operation("/metrics", self.prometheus, methods=["GET"], response_class=Response)
        operation("/healthz", self.healthz, methods=["GET"])
        return made

    async def complete(self, form: CompleteForm, token: Caller, request: Request) -> Response:
        """Checked completions at a position, best first."""
        self._note(request, files=len(form.project.files), file=form.document.path)
        wait_s = self._wait_s if form.manual else min(_TYPING_WAIT_S, self._wait_s)
        work = partial(self._backend.complete, token, form)
        return _json_of(await self._calls.run(token, request.receive, wait_s, work))

    async def generate(self, form: GenerateForm, token: Caller, request: Request) -> Response:
        """Checked modules for a specification, as they come."""
        self._note(request, n=form.n, spec=form.spec)
        return EventStream(self._calls, token, self._wait_s, partial(self._backend.generate, token, form))

    async def check(self, form: CheckForm, token: Caller, request: Request) -> Response:
        """The gate's word on whole files."""
        self._note(request, documents=len(form.documents), paths=[each.path for each in form.documents])
        work = partial(self._backend.check, token, form)
        return _json_of(await self._calls.run(token, request.receive, self._wait_s, work))

    async def feedback(self, form: FeedbackForm, token: Caller, request: Request) -> None:
        """What happened to suggestions. 204: all of it is safe; otherwise send it again."""
        self._note(request, events=len(form.events))
        if not await asyncio.to_thread(self._backend.feedback, token, form):
            raise Refused(503, "the events could not be stored; send them again", 5.0)

    async def files(self, form: FilesForm, token: Caller, request: Request) -> None:
        """Texts of project files that an answer (409) has asked for."""
        self._note(request, texts=len(form.texts))
        self._backend.files(token, form)

    async def status(self, token: Caller, request: Request) -> StatusAnswer:
        """What is served, and how busy it is."""
        service = await asyncio.to_thread(self._backend.status)
        slots = self._calls.slots
        return StatusAnswer(
            version=self._version, service=service, token=request.state.token.name,
            in_flight=slots.taken, waiting=slots.waiting,
        )  # fmt: skip

    async def prometheus(self, token: Caller) -> Response:
        """For Prometheus."""
        text = await asyncio.to_thread(self._metrics.text)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def healthz(self) -> dict[str, str]:
        """The process is up."""
        return {"status": "ok"}

    def _note(self, request: Request, **what: Any) -> None:
        """For the audit log: counts always, names and code where configured."""
        code = self._audit.with_code
        request.state.audit.update({k: v for k, v in what.items() if code or isinstance(v, int | bool)})


def _json_of(data: bytes) -> Response:
    return Response(data, media_type="application/json")
