"""The routes: translation between HTTP and `Backend`, and nothing else."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from rtlwright.server.app.audit import Audit
from rtlwright.server.app.backend import Backend
from rtlwright.server.app.calls import Calls
from rtlwright.server.app.faults import Refused, fault_of
from rtlwright.server.app.guard import Guard
from rtlwright.server.app.metrics import Metrics
from rtlwright.server.app.slots import Busy
from rtlwright.server.app.stream import EventStream
from rtlwright.server.app.tokens import Tokens
from rtlwright.server.app.watch import end_revoked
from rtlwright.server.app.workspace import Missing
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.remote.forms import (
    CheckForm,
    CompleteForm,
    Fault,
    FeedbackForm,
    FilesForm,
    GenerateForm,
    StatusAnswer,
)
from rtlwright.server.types import Cancelled, CheckReport, Completion

_TYPING_WAIT_S = 0.4
"""Longer, and the author has typed on."""
_FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": Fault, "description": what}
    for status, what in {
        400: "The request cannot be answered; `error` says what to mend",
        401: "No token, or one that is not valid",
        403: "A web page that may not ask",
        409: "Files have to be sent to /v1/files first: those in `missing`",
        413: "The request is too large",
        421: "Not this server's name",
        422: "The request is malformed",
        429: "Ask again after `Retry-After` seconds",
        503: "Not now; ask again after `Retry-After` seconds",
    }.items()
}
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


def create_app(config: Config, slots: int, tokens: Tokens | None, audit: Audit) -> FastAPI:
    """The whole server as an ASGI application. Without `tokens`, nobody needs one."""
    version = importlib.metadata.version("rtlwright")
    metrics = Metrics()
    backend = Backend(config, slots, metrics)
    calls = Calls(slots, config.serve.queue, metrics)
    metrics.watch("rtlwright_workspaces", "Projects kept", lambda: len(backend.workspaces))
    metrics.watch("rtlwright_requests_unwritten", "Waiting for the database", lambda: backend.store.waiting)
    metrics.watch("rtlwright_project_text_characters", "Project texts kept", backend.contents_size)
    metrics.watch("rtlwright_model_ready", "The model can be asked", lambda: backend.model_ready)
    metrics.build(version)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        backend.warm()
        watch = asyncio.create_task(end_revoked(tokens, calls)) if tokens is not None else None
        yield
        if watch is not None:
            watch.cancel()
        calls.close()
        await asyncio.to_thread(backend.close)
        audit.close()

    patient_s = config.serve.wait_s
    app = FastAPI(
        title="rtlwright", version=version, lifespan=life, docs_url=None, redoc_url=None, responses=_FAULTS,
        description="RTL suggestions that have been checked, for a team. Every route but /healthz needs a "
        "bearer token.",
    )  # fmt: skip
    app.state.calls, app.state.backend = calls, backend

    def note(request: Request, **what: Any) -> None:
        """For the audit log: counts always, names and code where configured."""
        code = audit.with_code
        request.state.audit.update({k: v for k, v in what.items() if code or isinstance(v, int | bool)})

    def json_of(data: bytes) -> Response:
        return Response(data, media_type="application/json")

    @app.post("/v1/complete", response_model=Completion, tags=["service"])
    async def complete(form: CompleteForm, token: Caller, request: Request) -> Response:
        """Checked completions at a position, best first."""
        note(request, files=len(form.project.files), file=form.document.path)
        wait_s = patient_s if form.manual else min(_TYPING_WAIT_S, patient_s)
        work = partial(backend.complete, token, form)
        return json_of(await calls.run(token, request.receive, wait_s, work))

    @app.post("/v1/generate", response_class=Response, responses=_STREAM, tags=["service"])
    async def generate(form: GenerateForm, token: Caller, request: Request) -> Response:
        """Checked modules for a specification, as they come."""
        note(request, n=form.n, spec=form.spec)

        return EventStream(calls, token, patient_s, partial(backend.generate, token, form))

    @app.post("/v1/check", response_model=CheckReport, tags=["service"])
    async def check(form: CheckForm, token: Caller, request: Request) -> Response:
        """The gate's word on whole files."""
        note(request, documents=len(form.documents), paths=[each.path for each in form.documents])
        work = partial(backend.check, token, form)
        return json_of(await calls.run(token, request.receive, patient_s, work))

    @app.post("/v1/feedback", status_code=204, tags=["service"])
    async def feedback(form: FeedbackForm, token: Caller, request: Request) -> None:
        """What happened to suggestions. 204: all of it is safe; otherwise send it again."""
        note(request, events=len(form.events))
        if not await asyncio.to_thread(backend.feedback, token, form):
            raise Refused(503, "the events could not be stored; send them again", 5.0)

    @app.post("/v1/files", status_code=204, tags=["service"])
    async def files(form: FilesForm, token: Caller, request: Request) -> None:
        """Texts of project files that an answer (409) has asked for."""
        note(request, texts=len(form.texts))
        backend.files(token, form)

    @app.get("/v1/status", tags=["service"])
    async def status(token: Caller, request: Request) -> StatusAnswer:
        """What is served, and how busy it is."""
        service = await asyncio.to_thread(backend.status)
        return StatusAnswer(
            version=version, service=service, token=request.state.token.name,
            in_flight=calls.slots.taken, waiting=calls.slots.waiting,
        )  # fmt: skip

    @app.get("/metrics", response_class=Response, tags=["operation"])
    async def prometheus(token: Caller) -> Response:
        """For Prometheus."""
        return Response(
            await asyncio.to_thread(metrics.text), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    @app.get("/healthz", tags=["operation"])
    async def healthz() -> dict[str, str]:
        """The process is up."""
        return {"status": "ok"}

    async def told(request: Request, error: Exception) -> Response:
        return fault_of(error)

    for kind in (Refused, Missing, Busy, Cancelled, UserError):
        app.add_exception_handler(kind, told)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Guard, config=config.serve, tokens=tokens, metrics=metrics, audit=audit)
    return app


async def _malformed(request: Request, error: Exception) -> Response:
    """One line for the first thing that is wrong; the input, which may be code, is not repeated."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return JSONResponse({"error": f"{where}: {first['msg']}"}, 422)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return JSONResponse({"error": str(error.detail).lower()}, error.status_code, headers)
