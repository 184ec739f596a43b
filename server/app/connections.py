"""Connections that are waited for, but not for ever: uvicorn's own have no limit before and between requests.

A client that says nothing, says it byte by byte or without end, or reads nothing of its answer needs no token
for it, and costs a file descriptor or memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import struct

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 20.0
"""From the connection, or the first byte of a further request, to the end of its headers."""
STALLED_S = 30.0
"""How long a client may read nothing of an answer that waits for it."""
MOST_HEAD = 256 * 2**10
"""Bytes of a request that are not its body: headers, and what frames chunks."""
_ALIVE = ((socket.TCP_KEEPIDLE, 20), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))
_UNANSWERED_MS = 40_000
_PARTING_S = 1.0
"""For what is on its way to a client when the server ends, and for TLS to say goodbye."""
_SPARE_FILES = 256
"""For everything that is no client: workers' pipes, the database, logs."""
_MOST = 4096


class PatientProtocol(HttpToolsProtocol):
    """One connection."""

    limit = _MOST
    """Connections at once; further ones are closed unread."""
    head_s, stalled_s = HEAD_S, STALLED_S

    _head_bytes = 0
    _ending = False
    _head: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limit:
            self._cut()
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if self._head is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MOST_HEAD:
            self._cut()

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._head_bytes -= len(body)
        super().on_body(body)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def shutdown(self) -> None:
        """The server ends. TLS waits for a goodbye that a client which wants nothing does not say."""
        self._ending = True
        super().shutdown()
        self._part()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._ending:
            self._part()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall is None:
            self._stall = self.loop.call_later(self.stalled_s, self._cut)

    def resume_writing(self) -> None:
        self._stop_stalling()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_stalling()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._head = self.loop.call_later(self.head_s, self._cut)

    def _part(self) -> None:
        if self.transport.is_closing():
            self.loop.call_later(_PARTING_S, self.transport.abort)

    def _cut(self) -> None:
        """Now, and with all that is on its way: else the kernel goes on holding what nobody reads."""
        bound = self.transport.get_extra_info("socket")
        if bound is not None:
            with contextlib.suppress(OSError, TypeError):  # gone already; a loop that hides its sockets
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _stop_waiting(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _stop_stalling(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


def keep_watch(bound: socket.socket) -> None:
    """A machine that vanished without a word is noticed: accepted sockets inherit this (Linux)."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _ALIVE:
        bound.setsockopt(socket.IPPROTO_TCP, option, value)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNANSWERED_MS)


def connection_limit() -> int:
    """As many as there are file descriptors for; many systems start with 1,024 and allow more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST + _SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return _MOST if soft == resource.RLIM_INFINITY else max(64, min(_MOST, soft - _SPARE_FILES))
