"""The whole server put together: parts, routes, refusals, and what stands before them."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from rtlwright.server.app.audit import Audit
from rtlwright.server.app.backend import Backend
from rtlwright.server.app.calls import Calls
from rtlwright.server.app.faults import Refused, fault_of
from rtlwright.server.app.guard import Guard
from rtlwright.server.app.metrics import Metrics
from rtlwright.server.app.routes import Routes
from rtlwright.server.app.slots import Busy
from rtlwright.server.app.tokens import Tokens
from rtlwright.server.app.watch import end_revoked
from rtlwright.server.app.workspace import Missing
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.remote.forms import Fault
from rtlwright.server.types import Cancelled

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

    app = FastAPI(
        title="rtlwright", version=version, lifespan=life, docs_url=None, redoc_url=None, responses=_FAULTS,
        description="RTL suggestions that have been checked, for a team. Every route but /healthz needs a "
        "bearer token.",
    )  # fmt: skip
    app.state.calls, app.state.backend = calls, backend
    app.include_router(Routes(backend, calls, metrics, audit, config.serve.wait_s, version).router())

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
