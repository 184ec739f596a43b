"""Listening: which addresses are safe, the socket, TLS, and uvicorn on it until a signal comes."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import math
import os
import socket
import ssl
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from typing import Any

import click
import uvicorn
from fastapi import FastAPI

from rtlwright.server import paths
from rtlwright.server.app.app import create_app
from rtlwright.server.app.audit import Audit
from rtlwright.server.app.calls import ENDING, Calls
from rtlwright.server.app.connections import PatientProtocol, connection_limit, keep_watch
from rtlwright.server.app.guard import is_loopback
from rtlwright.server.app.notify import notify
from rtlwright.server.app.token_table import open_tokens
from rtlwright.server.app.tokens import Tokens
from rtlwright.server.config import Config, ServeConfig
from rtlwright.server.errors import UserError

_SLOTS_PER_CORE = 8
"""Where the model is elsewhere, and requests wait for it."""
_LAST_WORDS_S = 4
"""For those who are told that it ends: until their work has stopped, and they have read it."""
_KEEP_ALIVE_S = 75
_LOG_BYTES, _LOGS = 8 * 2**20, 3


@dataclass(frozen=True, slots=True)
class Address:
    """Where clients reach the server."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def serve(config: Config, model: str, insecure: bool = False) -> None:
    """Until SIGINT or SIGTERM. `model` names what is served, for the greeting.

    Raises:
        UserError: the address is not safe, taken, or not ours; TLS files are no good.
    """
    wanted = config.serve
    check_safe(wanted, insecure)
    tokens = None if wanted.tokens == "off" else Tokens(open_tokens(config))
    audit = Audit(wanted)
    app = create_app(config, slots_of(config), tokens, audit)
    with listening(wanted) as bound:
        scheme = "https" if wanted.tls_cert else "http"
        address = Address(scheme, wanted.host, bound.getsockname()[1])
        _greet(address, model, tokens, audit)
        _run(TeamServer(app, wanted), bound)


class TeamServer(uvicorn.Server):
    """Ends without cutting anybody short: what takes longer than `serve.grace_s` is told so."""

    def __init__(self, app: FastAPI, config: ServeConfig):
        super().__init__(uvicorn.Config(app, **_options(config)))
        self._calls: Calls = app.state.calls
        self._grace_s = config.grace_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        notify("READY=1")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        notify("STOPPING=1")
        over = asyncio.get_running_loop().call_later(self._grace_s, self._calls.end, ENDING)
        try:
            await super().shutdown(sockets)
        finally:
            over.cancel()


def slots_of(config: Config) -> int:
    """How many requests at once."""
    per_core = 1 if config.model.engine == "embedded" else _SLOTS_PER_CORE
    return config.serve.slots or max(2, per_core * (os.cpu_count() or 1))


def check_safe(config: ServeConfig, insecure: bool) -> None:
    """Raises `UserError` where tokens or code would cross a network in the clear, or anybody could ask."""
    if (config.tls_cert is None) != (config.tls_key is None):
        raise UserError("TLS needs both: --tls-cert and --tls-key")
    if config.tls_cert is not None and config.tls_key is not None:
        _load(config)
    if is_loopback(config.host):
        return
    if config.tokens == "off":
        raise UserError(f"{config.host} is reached from elsewhere: there, serve.tokens may not be off")
    if config.tls_cert is None and not insecure:
        raise UserError(
            f"{config.host} is reached from elsewhere, and tokens and code would be sent in the clear: "
            "give --tls-cert and --tls-key, put a proxy with TLS in front, or accept that with --insecure"
        )


def listening(config: ServeConfig) -> socket.socket:
    """The bound socket. Raises `UserError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keep_watch(bound)
        bound.bind(address)
        bound.listen(1024)
        return bound
    except socket.gaierror as error:
        raise UserError(f"{config.host}: no such address ({error.strerror})") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            hint = f"port {config.port} is taken; name another with --port, or 0 for any"
        elif error.errno == errno.EACCES:
            hint = f"port {config.port} is the administrator's; take one above 1023"
        else:
            hint = f"cannot listen on port {config.port} ({error.strerror})"
        raise UserError(f"{config.host}: {hint}") from None


def _load(config: ServeConfig) -> None:
    assert config.tls_cert is not None and config.tls_key is not None

    def passphrase() -> str:
        """Without this OpenSSL asks the terminal, and again at each start."""
        raise UserError(
            f"{config.tls_key}: wants a passphrase; give a key without (openssl pkey -in … -out …)"
        )

    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(config.tls_cert, config.tls_key, passphrase)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(f"{config.tls_cert}, {config.tls_key}: cannot be used for TLS ({reason})") from None


def _options(config: ServeConfig) -> dict[str, Any]:
    return {
        "log_level": "warning",
        "access_log": False,  # the audit log has it, without paths
        "server_header": False,
        "lifespan": "on",
        "http": PatientProtocol,
        "ws": "none",
        "timeout_keep_alive": _KEEP_ALIVE_S,
        "timeout_graceful_shutdown": math.ceil(config.grace_s) + _LAST_WORDS_S,
        **({"ssl_certfile": config.tls_cert, "ssl_keyfile": config.tls_key} if config.tls_cert else {}),
    }


def _run(server: TeamServer, bound: socket.socket) -> None:
    PatientProtocol.limit = connection_limit()
    directory = paths.writable(paths.log_dir())
    if directory is not None:
        file = directory / "serve.log"
        logging.getLogger("rtlwright").addHandler(
            RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=_LOGS, encoding="utf-8", delay=True)
        )
    with contextlib.suppress(KeyboardInterrupt):  # the signal that ended it, once more: it is an end like any
        server.run(sockets=[bound])


def _greet(address: Address, model: str, tokens: Tokens | None, audit: Audit) -> None:
    click.echo(f"rtlwright serves {model} at {address}", err=True)
    click.echo(_of_tokens(tokens), err=True, nl=False)
    if audit.path is not None:
        click.echo(f"audit log: {audit.path}", err=True)


def _of_tokens(tokens: Tokens | None) -> str:
    """What the operator should know of them, a line or nothing; reads them for the first requests."""
    if tokens is None:
        return "no token is needed (serve.tokens = off): every program on this machine may ask\n"
    try:
        tokens.read()
    except UserError as error:  # a database that is away now may come
        return f"nobody can ask yet: {error}\n"
    if tokens.any_valid():
        return ""
    return "there is no token yet; make one for each user: rtlwright token create NAME\n"
