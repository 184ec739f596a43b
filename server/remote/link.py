"""HTTP to one team server: connections that are kept, an end at any moment, and errors in a line.

`http.client` rather than a library: a request that is cancelled while it waits for its answer has to close
its connection at once, which is how the server learns of it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from rtlwright.server.errors import UserError
from rtlwright.server.model.sse import StreamError
from rtlwright.server.remote.forms import PROTOCOL, PROTOCOL_HEADER
from rtlwright.server.remote.stream import named_events
from rtlwright.server.types import Cancel, Cancelled

_CONNECT_S = 5.0
_TRIES = 3
_FIRST_PAUSE_S = 0.15
_MAX_IDLE = 8
_MAX_ANSWER = 256 * 2**20
_AGAIN = frozenset({429, 502, 503, 504})

OnEvent = Callable[[str, Any], None]


class ServerBusy(UserError):  # noqa: N818 - read as sentences at the call sites
    """429 or 503, after all tries."""


class Rejected(UserError):  # noqa: N818
    """The server will not take this request, however often it is sent."""


class MissingFiles(Exception):  # noqa: N818 - read as a sentence at the call sites
    """The server asks for files first."""

    def __init__(self, digests: list[str]):
        super().__init__()
        self.digests = digests


class _Again(Exception):  # noqa: N818
    """Nothing has come of it yet; another try may help."""

    def __init__(self, error: UserError, wait_s: float | None = None):
        super().__init__()
        self.error, self.wait_s = error, wait_s


class Link:
    """Thread-safe. The token goes nowhere but to `url`, and redirects are not followed."""

    def __init__(self, url: str, token: str | None, tls: ssl.SSLContext | None, timeout_s: float, hint: str):
        """`hint` says how to set a token. Raises `UserError` for what is no URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"server.url is {url!r}; write it as https://rtlwright.example.org")
        self.url = url.rstrip("/")
        self._host, self._tls = parts.hostname, tls if parts.scheme == "https" else None
        self._port = _port(url) or (443 if parts.scheme == "https" else 80)
        self._path = parts.path.rstrip("/")
        self._token, self._timeout_s, self._hint = token, timeout_s, hint
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._closed = False

    def ask(
        self, method: str, path: str, body: bytes | None, cancel: Cancel, *,
        patience_s: float = 10.0, timeout_s: float | None = None,
    ) -> bytes:  # fmt: skip
        """The body of the answer.

        `patience_s`: how long to wait, in all, before further tries. `timeout_s`: the longest silence.

        Raises:
            UserError: what failed, in a line; `ServerBusy` if it is only that.
            MissingFiles, Cancelled.
        """
        return self._tried(
            lambda: self._once(method, path, body, cancel, timeout_s, _read), cancel, patience_s
        )

    def stream(
        self, path: str, body: bytes, cancel: Cancel, on_event: OnEvent, *, patience_s: float
    ) -> bytes:
        """POST; events as they come, and the data of the last one. Raises as `ask` does.

        Once an event has come there is no other try.
        """

        def read(response: http.client.HTTPResponse) -> bytes:
            for name, data in named_events(iter(lambda: response.read1(65536), b"")):
                if name == "completion":
                    return data.encode()
                if name == "error":
                    raise self._told(json.loads(data))
                on_event(name, json.loads(data))
            raise UserError(f"{self.url}: the answer broke off")

        return self._tried(lambda: self._once("POST", path, body, cancel, None, read), cancel, patience_s)

    @property
    def is_local(self) -> bool:
        """The server is on this machine."""
        return self._host in ("localhost", "127.0.0.1", "::1")

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _tried(self, once: Callable[[], bytes], cancel: Cancel, patience_s: float) -> bytes:
        waited = 0.0
        for number in range(_TRIES):
            cancel.check()
            try:
                return once()
            except _Again as again:
                pause = again.wait_s or _FIRST_PAUSE_S * 2**number
                pause *= 1 + random.random() / 2
                waited += pause
                if number == _TRIES - 1 or waited > patience_s:
                    raise again.error from None
                _pause(pause, cancel)
        raise AssertionError("unreachable")

    def _once(
        self, method: str, path: str, body: bytes | None, cancel: Cancel, timeout_s: float | None,
        read: Callable[[http.client.HTTPResponse], bytes],
    ) -> bytes:  # fmt: skip
        """One try, on a kept connection or a new one."""
        silence = timeout_s or self._timeout_s
        connection, kept = self._connection(cancel)
        cancel.on_cancel(lambda: _hang_up(connection))
        good = begun = False
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(silence)
            connection.request(method, self._path + path, body, self._headers())
            response = connection.getresponse()
            begun = True
            answer = self._answer(response, read)
            good = not response.will_close and not cancel.cancelled
            return answer
        except (OSError, http.client.HTTPException, StreamError, ValueError) as error:
            if cancel.cancelled:
                raise Cancelled from None
            if kept and not begun and isinstance(error, ConnectionError):
                return self._once(method, path, body, cancel, timeout_s, read)  # it was closed while idle
            if begun and isinstance(error, ConnectionError | http.client.IncompleteRead):
                raise UserError(f"{self.url}: the answer broke off") from None
            raise self._broken(error, silence) from None
        finally:
            self._keep(connection, good)

    def _answer(
        self, response: http.client.HTTPResponse, read: Callable[[http.client.HTTPResponse], bytes]
    ) -> bytes:
        protocol = response.headers.get(PROTOCOL_HEADER)
        if protocol is None and response.status not in _AGAIN:
            raise UserError(
                f"{self.url} answers ({response.status}), but is no rtlwright server; see server.url"
            )
        if protocol not in (None, PROTOCOL):
            raise UserError(
                f"{self.url} speaks protocol {protocol}, this release {PROTOCOL}: use one release on both"
            )
        if response.status in (200, 204):
            return read(response)
        told = _told(response)
        if response.status in _AGAIN:
            busy = ServerBusy(f"{self.url} is busy ({told['error']}); ask again later")
            raise _Again(busy, _seconds(response.headers.get("retry-after")))
        raise self._told({**told, "status": response.status})

    def _told(self, told: dict[str, Any]) -> Exception:
        """What an answer other than success means."""
        status, error = told.get("status"), str(told.get("error", ""))[:1000]
        match status:
            case 409 if isinstance(told.get("missing"), list):
                return MissingFiles([str(each) for each in told["missing"]])
            case 401 if self._token is None:
                return UserError(f"{self.url} wants a token: {self._hint}")
            case 401:
                return UserError(f"{self.url} refuses the token ({error}): {self._hint}")
            case 400:
                return Rejected(error)
            case 404:
                return UserError(f"{self.url} answers 404: {error}; is server.url right?")
            case 413 | 422:
                return Rejected(f"{self.url} does not take the request: {error}")
            case 429 | 503:
                return ServerBusy(f"{self.url} is busy ({error}); ask again later")
        return UserError(f"{self.url} answers {status}: {error}")

    def _broken(self, error: Exception, silence: float) -> Exception:
        if isinstance(error, ssl.SSLCertVerificationError):
            return UserError(
                f"{self.url}: its certificate is not trusted ({error.verify_message}); "
                "name its authority with server.ca_file"
            )
        if isinstance(error, ssl.SSLError):
            return UserError(f"{self.url}: TLS failed ({error.reason}); is it https there?")
        if isinstance(error, TimeoutError):
            return UserError(f"{self.url}: nothing came for {silence:g} s")
        if isinstance(error, socket.gaierror):
            return UserError(f"{self.url}: there is no such host; see server.url")
        if isinstance(error, ConnectionRefusedError):
            return _Again(UserError(f"nothing answers at {self.url}; is the team server running?"))
        if isinstance(error, StreamError | ValueError) and not isinstance(error, OSError):
            return UserError(f"{self.url}: sent what is no answer ({str(error)[:200]})")
        return _Again(UserError(f"{self.url}: the connection broke ({type(error).__name__})"))

    def _headers(self) -> dict[str, str]:
        own = {"content-type": "application/json", PROTOCOL_HEADER: PROTOCOL, "accept-encoding": "identity"}
        return own | ({"authorization": f"Bearer {self._token}"} if self._token else {})

    def _connection(self, cancel: Cancel) -> tuple[http.client.HTTPConnection, bool]:
        """An idle connection, or a new one; and which of both."""
        with self._lock:
            if self._closed:
                raise UserError("rtlwright is shutting down")
            if self._idle:
                return self._idle.pop(), True
        if self._tls is not None:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=_CONNECT_S, context=self._tls
            ), False
        return http.client.HTTPConnection(self._host, self._port, timeout=_CONNECT_S), False

    def _keep(self, connection: http.client.HTTPConnection, good: bool) -> None:
        with self._lock:
            if good and not self._closed and len(self._idle) < _MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()


def _read(response: http.client.HTTPResponse) -> bytes:
    data = response.read(_MAX_ANSWER + 1)
    if response.length and len(data) <= _MAX_ANSWER:
        raise http.client.IncompleteRead(data, response.length)
    if len(data) > _MAX_ANSWER:
        raise ValueError(f"more than {_MAX_ANSWER >> 20} MiB")
    return data


def _told(response: http.client.HTTPResponse) -> dict[str, Any]:
    try:
        told = json.loads(response.read(2**20))
    except (ValueError, RecursionError):
        told = None
    return told if isinstance(told, dict) and "error" in told else {"error": response.reason}


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """From any thread: whoever reads stops waiting, and the server sees the end at once."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, min(float(text), 60.0)) if text else None
    except ValueError:
        return None


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        raise UserError(f"server.url is {url!r}; its port is no number up to 65535") from None


def _pause(seconds: float, cancel: Cancel) -> None:
    wake = threading.Event()
    cancel.on_cancel(wake.set)
    wake.wait(seconds)
    cancel.check()
