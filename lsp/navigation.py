"""Hover and definition, from the project's index."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.server.types import Cancel, Position

if TYPE_CHECKING:  # slow: not before `initialize` is answered
    from rtlwright.server.actions.lookup import Symbol


class Navigation:
    """`textDocument/hover` and `textDocument/definition`."""

    def __init__(self, session: Session, services: Services, runner: Runner):
        self._session = session
        self._services = services
        self._runner = runner

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        buffer = self._session.buffer(params.text_document.uri)
        found = await self._found(buffer, params.position)
        if buffer is None or found is None:
            return None
        symbol, _ = found
        where = f"\n\n{symbol.kind} in {symbol.path}" if symbol.path else ""
        text = f"```systemverilog\n{symbol.declaration}\n```{where}"
        span = types.Range(buffer.position(symbol.start), buffer.position(symbol.end))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), span)

    async def definition(self, params: types.DefinitionParams) -> types.Location | None:
        buffer = self._session.buffer(params.text_document.uri)
        found = await self._found(buffer, params.position)
        if found is None or not found[0].path or not found[0].line:
            return None
        symbol, (file, line) = found
        character = max(line.find(symbol.name), 0)
        start = types.Position(symbol.line - 1, character)
        end = types.Position(symbol.line - 1, character + len(symbol.name) if character else 0)
        return types.Location(file.as_uri(), types.Range(start, end))

    async def _found(
        self, buffer: Buffer | None, position: types.Position
    ) -> tuple[Symbol, tuple[Path, str]] | None:
        """The symbol, its file, and the text of its line."""
        if buffer is None:
            return None
        place = buffer.utf16(buffer.offset(position))
        return await self._runner.run(Cancel(), partial(self._look_up, buffer, place))

    def _look_up(self, buffer: Buffer, place: Position) -> tuple[Symbol, tuple[Path, str]] | None:
        """In a worker thread."""
        entry = self._services.at(path_of(buffer.uri))
        project = entry.service.project
        symbol = project.look_up(self._session.document(buffer), place)
        if symbol is None:
            return None
        return symbol, project.line(symbol)
