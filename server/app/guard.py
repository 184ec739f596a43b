"""What stands before every route: Host, Origin, token, rate, size; behind it metrics and the audit log."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rtlwright.server.app.audit import Audit
from rtlwright.server.app.faults import CLIENT_LEFT, Refused, fault_of
from rtlwright.server.app.limits import RateLimit
from rtlwright.server.app.metrics import Metrics
from rtlwright.server.app.tokens import Token, Tokens
from rtlwright.server.config import ServeConfig
from rtlwright.server.errors import UserError
from rtlwright.server.remote.forms import PROTOCOL, PROTOCOL_HEADER

log = logging.getLogger(__name__)

OPEN = frozenset({"/healthz", "/openapi.json"})
"""Without a token: they tell nothing of anybody."""
_OPEN_BODY = 2**16
"""Bytes that anybody may send: what these routes would be asked with is nothing."""
_BODY_WAIT_S = 30.0
"""How long a client may take to send its request."""
_LOOK_S = 1.0
_KNOWN_WAIT_S = 0.5
"""How long who was known waits to be looked up again: for a database that hangs, strangers wait alone."""
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """ASGI middleware, the outermost. `scope["state"]["token"]` is the caller's for those behind it."""

    def __init__(
        self, app: ASGIApp, config: ServeConfig, tokens: Tokens | None, metrics: Metrics, audit: Audit
    ):
        """Without `tokens`, everybody who comes through is the caller `anyone`."""
        self._app, self._tokens, self._metrics, self._audit = app, tokens, metrics, audit
        self._hosts = _hosts(config)
        self._origins = frozenset(config.origins)
        self._rate = RateLimit(config.rate, config.burst)
        self._max_body = config.body_mb * 2**20
        self._reading: asyncio.Future[None] | None = None
        self._looked_at = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, sent = time.perf_counter(), CLIENT_LEFT, False
        scope["state"] = {"token": None, "audit": {}, **scope.get("state", {})}

        async def watched(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status, sent = message["status"], True
                MutableHeaders(scope=message)[PROTOCOL_HEADER] = PROTOCOL
            await send(message)

        try:
            receive = await self._admitted(scope, receive)
            await self._app(scope, receive, watched)
        except OSError:
            pass  # the client has left
        except Exception as error:
            if not sent:
                await fault_of(error)(scope, receive, watched)
        finally:
            self._account(scope, status, time.perf_counter() - began)

    async def _admitted(self, scope: Scope, receive: Receive) -> Receive:
        """Raises `Refused`, or gives back the request's body, complete."""
        headers = Headers(scope=scope)
        self._check_names(headers)
        is_open = scope["path"] in OPEN
        if not is_open:
            token = await self._token(headers.get("authorization", ""))
            scope["state"]["token"] = token
            if wait := self._rate.wait_s(token.id):
                raise self._refused("rate", 429, "too many requests with this token; ask again later", wait)
        return await self._body(headers, receive, _OPEN_BODY if is_open else self._max_body)

    def _check_names(self, headers: Headers) -> None:
        """A web page that its owner's name server sends here (DNS rebinding) comes under another name."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(_name(host)):
            raise self._refused(
                "host", 421, f"this server does not answer to the name {host[:100]!r}; add it to serve.hosts"
            )
        if origin is not None and origin not in self._origins:
            raise self._refused("origin", 403, f"no web page of {origin[:100]!r} may ask; see serve.origins")

    def _is_ours(self, name: str) -> bool:
        """An address is nobody's name: no name server has a say in it."""
        return name in self._hosts or _is_address(name)

    async def _token(self, header: str) -> Token:
        if self._tokens is None:
            return Token("0" * 12, "anyone", "", 0.0)
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise self._refused("token", 401, "a token is needed: Authorization: Bearer rtw_…")
        token = self._tokens.check(text.strip())
        if token is None or self._tokens.stale:
            await self._read_tokens(self._tokens, None if token is None else _KNOWN_WAIT_S)
            token = self._tokens.check(text.strip())
        if token is None:
            raise self._refused("token", 401, "this token is unknown, expired or revoked")
        return token

    async def _read_tokens(self, tokens: Tokens, patience_s: float | None) -> None:
        """All who find them stale wait for one look; unknown tokens cause one a second at most."""
        if self._reading is None and time.monotonic() - self._looked_at > _LOOK_S:
            self._looked_at = time.monotonic()
            self._reading = asyncio.ensure_future(asyncio.to_thread(tokens.read))
            self._reading.add_done_callback(self._has_read)
        reading = self._reading
        if reading is None:
            return
        await asyncio.wait({reading}, timeout=patience_s)
        if reading.done() and isinstance(error := reading.exception(), UserError):
            raise self._refused("database", 503, str(error), 2.0) from None

    def _has_read(self, reading: asyncio.Future[None]) -> None:
        self._reading = None
        if not reading.cancelled() and not isinstance(error := reading.exception(), UserError | None):
            log.error("tokens could not be read", exc_info=error)

    async def _body(self, headers: Headers, receive: Receive, most: int) -> Receive:
        too_large = self._refused_later(413, f"a request may have {most / 2**20:g} MiB")
        if int(headers.get("content-length") or 0) > most:
            raise too_large()
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(_BODY_WAIT_S):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise OSError
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > most:
                        raise too_large()
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise self._refused("slow", 408, f"the request took more than {_BODY_WAIT_S:g} s") from None
        return _replayed(b"".join(chunks), receive)

    def _refused(self, reason: str, status: int, error: str, wait: float | None = None) -> Refused:
        self._metrics.refused.labels(reason).inc()
        return Refused(status, error, wait)

    def _refused_later(self, status: int, error: str) -> Any:
        return lambda: self._refused("size", status, error)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.requests.labels(route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        if scope["path"] in OPEN or route == "/metrics":
            return
        token: Token | None = scope["state"]["token"]
        client = scope.get("client")
        self._audit.say(
            {
                "token": token.name if token else None,
                "client": client[0] if client else None,
                "route": route,
                "status": status,
                "ms": round(seconds * 1e3, 1),
                **scope["state"]["audit"],
            }
        )


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, then whatever comes: a client that hangs up."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _hosts(config: ServeConfig) -> frozenset[str]:
    """Names that a `Host` header may have. Of one's own machine, all that it goes by."""
    own = set(_LOCAL)
    if not is_loopback(config.host):
        own |= {name.lower() for name in (config.host, socket.gethostname(), socket.getfqdn())}
    return frozenset(own | {host.lower() for host in config.hosts})


def _name(host: str) -> str:
    """`Example.org:8765` → `example.org`, `[::1]:80` → `::1`."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
