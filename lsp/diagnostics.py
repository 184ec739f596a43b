"""The gate's word on whole files, at open and at save."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types

from rtlwright.lsp.board import Board
from rtlwright.lsp.buffer import UTF16, Buffer
from rtlwright.lsp.in_flight import InFlight
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.server.types import (
    LARGE_DOCUMENT,
    Cancel,
    Cancelled,
    CheckReport,
    CheckRequest,
    Diagnostic,
    Position,
    Severity,
    Status,
)

Publish = Callable[[types.PublishDiagnosticsParams], None]
Spawn = Callable[[Coroutine[Any, Any, None]], object]

PAUSE_S = 0.4
"""Between the last key and the look of the parser."""

_SEVERITY = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_WORD = re.compile(r"[`$]?\w+")


class Diagnostics:
    """Publishes for the document and for every other file that its check complains of."""

    def __init__(self, session: Session, services: Services, runner: Runner, publish: Publish, spawn: Spawn):
        self._session = session
        self._services = services
        self._runner = runner
        self._publish = publish
        self._in_flight = InFlight()
        self._board = Board()
        self._spawn = spawn
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    async def check(self, uri: str, quick: bool = False) -> None:
        """Check the document as it is now; a newer check of the same document wins.

        `quick`: the parser alone, while the user types; what the other tools said of an older text goes.
        """
        buffer = self._session.buffer(uri)
        if buffer is None:
            return
        document, others = self._session.document(buffer), self._session.others(uri)
        request = CheckRequest((document,), open_documents=others, quick=quick)
        with self._in_flight.newest(uri) as cancel:
            try:
                found = await self._runner.run(cancel, partial(self._ask, uri, request, cancel))
            except Cancelled:
                return
        if found is not None and self._session.buffer(uri) is not None:
            report, root = found
            # A look that came to nothing says nothing: what was found before stays.
            if report.verdict.status is not Status.UNCHECKED or report.verdict.diagnostics:
                self._show(buffer, report, root)

    async def opened(self, uri: str) -> None:
        """A large document would keep the tools from what is typed next: it is checked when it is saved."""
        if not self._is_large(uri):
            await self.check(uri)

    def _is_large(self, uri: str) -> bool:
        buffer = self._session.buffer(uri)
        return buffer is not None and len(buffer.text) > LARGE_DOCUMENT

    def changed(self, uri: str) -> None:
        """The document was changed: the parser looks at it once the keys have paused, unless it is large."""
        if self._is_large(uri):
            return
        if (waiting := self._waiting.pop(uri, None)) is not None:
            waiting.cancel()
        loop = asyncio.get_running_loop()
        self._waiting[uri] = loop.call_later(PAUSE_S, self._start, uri)

    def _start(self, uri: str) -> None:
        self._waiting.pop(uri, None)
        self._spawn(self.check(uri, quick=True))

    def clear(self, uri: str) -> None:
        """The document was closed."""
        self._in_flight.cancel(uri)
        if (waiting := self._waiting.pop(uri, None)) is not None:
            waiting.cancel()
        self._send(self._board.put(uri, {}))

    def close(self) -> None:
        self._in_flight.cancel_all()

    def _ask(self, uri: str, request: CheckRequest, cancel: Cancel) -> tuple[CheckReport, Path | None]:
        """In a worker thread."""
        entry = self._services.at(path_of(uri))
        return entry.service.check(request, cancel), entry.root

    def _show(self, buffer: Buffer, report: CheckReport, root: Path | None) -> None:
        found: dict[str, list[types.Diagnostic]] = {buffer.uri: []}
        for diagnostic in dict.fromkeys(report.verdict.diagnostics):
            uri = self._uri(diagnostic, buffer, root)
            target = buffer if uri == buffer.uri else self._session.buffer(uri)
            found.setdefault(uri, []).append(for_client(diagnostic, target))
        self._send(self._board.put(buffer.uri, found), buffer)

    def _uri(self, diagnostic: Diagnostic, buffer: Buffer, root: Path | None) -> str:
        if diagnostic.file is None:
            return buffer.uri
        path = (root or Path("/")) / diagnostic.file
        own = self._session.document(buffer).path  # one that is in no file yet has a path for the tools, too
        return buffer.uri if path == own else path.as_uri()

    def _send(self, changed: dict[str, list[types.Diagnostic]], buffer: Buffer | None = None) -> None:
        for uri, diagnostics in changed.items():
            version = buffer.version if buffer is not None and uri == buffer.uri else None
            self._publish(types.PublishDiagnosticsParams(uri, diagnostics, version))


def for_client(diagnostic: Diagnostic, buffer: Buffer | None) -> types.Diagnostic:
    """With the hint behind the message; `buffer` is the file that it is about, if that is open."""
    hint = f"\n{diagnostic.hint}" if diagnostic.hint else ""
    return types.Diagnostic(
        range=_range(diagnostic, buffer),
        message=diagnostic.message + hint,
        severity=_SEVERITY[diagnostic.severity],
        source=diagnostic.tool,
    )


def _range(diagnostic: Diagnostic, buffer: Buffer | None) -> types.Range:
    """The word at the place; the whole line where a tool names no column; the first line where no line."""
    line = max(diagnostic.line - 1, 0)
    if buffer is None:
        start = max(diagnostic.column - 1, 0)
        return types.Range(types.Position(line, start), types.Position(line, start + 1))
    text = buffer.line(line)
    begin = buffer.offset(Position(line, 0))
    if diagnostic.column > 0 and diagnostic.line > 0:
        start = buffer.offset(Position(line, diagnostic.column - 1), UTF16)
        word = _WORD.match(buffer.text, start)
        end = word.end() if word else min(start + 1, begin + len(text))
    else:
        start = begin + len(text) - len(text.lstrip())
        end = begin + len(text)
    return types.Range(buffer.position(start), buffer.position(max(start, end)))
