"""One document as the client holds it: an immutable text with the protocol's positions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from lsprotocol import types

from rtlwright.server.context.line_map import LineMap, line_map
from rtlwright.server.types import Position, Range

_SURROGATES = re.compile("[\ud800-\udfff]")

Change = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument
UTF16 = types.PositionEncodingKind.Utf16


def units(text: str, encoding: str) -> int:
    """Length of `text` in code units of a position encoding."""
    if text.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(character > "\uffff" for character in text)


def index_of(line: str, character: int, encoding: str) -> int:
    """Index of the code point at `character` units; inside of one, its start; beyond the end, the end."""
    if line.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return min(character, len(line))
    seen = 0
    for index, point in enumerate(line):
        seen += units(point, encoding)
        if seen > character:
            return index
    return len(line)


@dataclass(frozen=True)
class Buffer:
    """A snapshot; a change makes a new one. Lines end at CR LF, LF and CR, and nowhere else."""

    uri: str
    language_id: str
    version: int
    text: str
    encoding: str = UTF16
    """Of the positions that the client sends and is sent."""
    shrunk: bool = False
    """The newest change only took text away."""
    touched: int | None = None
    """Index behind the newest change; None while there was none."""

    @cached_property
    def lines(self) -> LineMap:
        return line_map(self.text)

    @property
    def clean_text(self) -> str:
        """Without halves of surrogate pairs, which no file and no tool can hold; as long as `text`."""
        return self.text if self.text.isascii() else _SURROGATES.sub("\ufffd", self.text)

    def line(self, number: int) -> str:
        """Without its end; empty beyond the last one."""
        return self.lines.line(number) if number < len(self.lines) else ""

    def offset(self, position: types.Position | Position, encoding: str | None = None) -> int:
        """Index into `text`; what lies beyond a line or the text is drawn in to its end."""
        if position.line >= len(self.lines):
            return len(self.text)
        line = self.lines.line(position.line)
        return self.lines.start(position.line) + index_of(line, position.character, encoding or self.encoding)

    def position(self, offset: int) -> types.Position:
        """In the client's encoding."""
        line, character = self._place(offset, self.encoding)
        return types.Position(line, character)

    def utf16(self, offset: int) -> Position:
        """As the service counts."""
        return Position(*self._place(offset, UTF16))

    def client_range(self, range: Range) -> types.Range:
        """A range of the service, for the client."""
        start, end = (self.offset(p, UTF16) for p in (range.start, range.end))
        return types.Range(self.position(start), self.position(end))

    def changed(self, change: Change, version: int) -> Buffer:
        if not isinstance(change, types.TextDocumentContentChangePartial):
            return replace(self, text=change.text, version=version, shrunk=False, touched=None)
        start, end = sorted((self.offset(change.range.start), self.offset(change.range.end)))
        text = self.text[:start] + change.text + self.text[end:]
        behind = start + len(change.text)
        shrunk = end > start and not change.text
        return replace(self, text=text, version=version, shrunk=shrunk, touched=behind)

    def _place(self, offset: int, encoding: str) -> tuple[int, int]:
        line = self.lines.line_of(offset)
        return line, units(self.text[self.lines.start(line) : offset], encoding)
