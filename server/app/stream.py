"""An answer as server-sent events: parts while the work goes on, then the whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rtlwright.server.app.calls import Calls
from rtlwright.server.app.faults import fault_of, status_of
from rtlwright.server.types import Cancel

_HEARTBEAT_S = 3.0
"""A stream in which nothing happens says so: whoever reads can tell work from death."""
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx passes each event on as it comes
]

Tell = Callable[[str, bytes], None]
"""(event, JSON): sends a part; from any thread, never blocks."""
Work = Callable[[Cancel, Tell], bytes]


@dataclass(frozen=True, slots=True)
class _Part:
    event: str
    data: bytes


class EventStream(Response):
    """Runs `work` in a thread and sends what it tells; last comes `completion`, or `error`.

    What fails before the first part is an ordinary answer with its own status.
    """

    media_type = "text/event-stream"

    def __init__(self, calls: Calls, caller: str, wait_s: float, work: Work):
        super().__init__()
        self.raw_headers = _HEADERS  # without a length: it is not known
        self._calls, self._caller, self._wait_s, self._work = calls, caller, wait_s, work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        parts: asyncio.Queue[_Part | None] = asyncio.Queue()

        def tell(event: str, data: bytes) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(parts.put_nowait, _Part(event, data))

        def work(cancel: Cancel) -> bytes:
            tell("begin", b"{}")
            return self._work(cancel, tell)

        call = asyncio.ensure_future(self._calls.run(self._caller, receive, self._wait_s, work))
        call.add_done_callback(lambda _: parts.put_nowait(None))
        try:
            await self._send(parts, call, scope, receive, send)
        except OSError:
            pass  # the client has left; `run` has noticed, or will with the next message
        finally:
            await asyncio.gather(call, return_exceptions=True)

    async def _send(
        self, parts: asyncio.Queue[_Part | None], call: asyncio.Future[bytes],
        scope: Scope, receive: Receive, send: Send,
    ) -> None:  # fmt: skip
        begun = False
        while (part := await _next(parts)) is not None:
            if not part.event and not begun:
                continue
            if not begun:
                begun = True
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send(_body(_event(part) if part.event else b": working\n\n", more=True))
        error = call.exception()
        if error is not None and not begun:
            await fault_of(error)(scope, receive, send)
            return
        last = _Part("completion", call.result()) if error is None else _Part("error", _told(error))
        await send(_body(_event(last), more=False))


async def _next(parts: asyncio.Queue[_Part | None]) -> _Part | None:
    try:
        return await asyncio.wait_for(parts.get(), _HEARTBEAT_S)
    except TimeoutError:
        return _Part("", b"")


def _event(part: _Part) -> bytes:
    """JSON has no line ends, so that one `data` line is enough."""
    return b"event: " + part.event.encode() + b"\ndata: " + part.data + b"\n\n"


def _body(data: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def _told(error: BaseException) -> bytes:
    status, body = status_of(error)
    return json.dumps({"status": status, **body}).encode()
