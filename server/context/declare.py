"""Declarations read by tokens alone: what stands before a cursor in code that does not parse yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtlwright.server.context.text import Token, tokens
from rtlwright.server.keywords import KEYWORDS

DIRECTIONS = frozenset({"input", "output", "inout", "ref"})
_NET_TYPES = frozenset(
    ["wire", "tri", "tri0", "tri1", "triand", "trior", "trireg", "wand", "wor", "uwire", "supply0", "supply1"]
)
_DATA_TYPES = frozenset(
    """reg logic bit byte int integer shortint longint time real realtime shortreal string chandle event var
    signed unsigned const automatic static genvar type interface""".split()  # noqa: SIM905
)
_STARTERS = DIRECTIONS | _NET_TYPES | (_DATA_TYPES - {"automatic", "static", "signed", "unsigned", "const"})
STARTERS = _STARTERS | {"parameter", "localparam"}
"""Words that a declaration may begin with, besides the name of a type."""
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_MAX_DECLARATION = 64 * 1024


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared name."""

    name: str
    storage: str
    """`input`, `output`, `inout`, `ref`, `parameter`, `localparam`, or empty for a net or variable."""
    type_text: str
    width_text: str
    unpacked_text: str
    value: str
    offset: int


def read_declaration(clean: str, start: int) -> tuple[list[Declared], int]:
    """The names declared from `start` on, in comment-free text, and where their declaration ends.

    `start` is the offset of its first word. Never raises; in broken code it may guess wrong.
    """
    reader = _Declaration(clean, start)
    return list(reader.read()), max(reader.end, start + 1)


class _Declaration:
    """Reads from a first keyword or type to the semicolon, or to the parenthesis that closes a port list."""

    def __init__(self, clean: str, start: int):
        self._source = clean
        self._start = start
        self.end = start
        self._storage = ""
        self._types: list[str] = []
        self._width = ""
        self._name: Token | None = None
        self._after = ""
        self._value = ""

    def read(self) -> Iterator[Declared]:
        stream = tokens(self._source, self._start, self._start + _MAX_DECLARATION)
        for token in stream:
            self.end = token.start + len(token.text)
            if token.text in (";", ")") or token.text.startswith("end") or token.text == "begin":
                break
            if token.text in _CLOSERS:
                self._bracket(token, self._enclosed(token, stream))
            elif token.text == ",":
                yield from self._finish()
            elif token.text == "=":
                yield from self._assigned(stream)
                if self._closed:
                    return
            elif token.kind == "word":
                if self._word(token):
                    break
            elif token.text in ("::", "."):
                self._join(token, next(stream, token))
        yield from self._finish()

    _closed = False

    def _assigned(self, stream: Iterator[Token]) -> Iterator[Declared]:
        """Skips a value: to the comma, the semicolon or the closing parenthesis."""
        begin = last = -1
        for token in stream:
            self.end = token.start + len(token.text)
            if token.text in (",", ";", ")"):
                self._closed = token.text != ","
                break
            begin = token.start if begin < 0 else begin
            last = token.start + len(token.text)
            if token.text in _CLOSERS:
                last = self._enclosed(token, stream) or last
        self._value = " ".join(self._source[begin:last].split()) if begin >= 0 else ""
        yield from self._finish()

    def _enclosed(self, opener: Token, stream: Iterator[Token]) -> int:
        """Consumes up to the bracket that closes `opener`; the offset after it, 0 if there is none."""
        depth = 1
        for token in stream:
            self.end = token.start + len(token.text)
            if token.text in _CLOSERS:
                depth += 1
            elif token.text in _CLOSERS.values():
                depth -= 1
            if depth == 0:
                return token.start + 1
        return 0

    def _bracket(self, opener: Token, end: int) -> None:
        text = " ".join(self._source[opener.start : end or opener.start + 1].split())
        if opener.text == "[":
            if self._name is None:
                self._width += text
            else:
                self._after += text

    def _word(self, token: Token) -> bool:
        """True if the word cannot belong to a declaration."""
        if token.text in DIRECTIONS or token.text in ("parameter", "localparam"):
            self._storage, self._types, self._width = token.text, [], ""
        elif token.text in _NET_TYPES or token.text in _DATA_TYPES:
            self._types = [*self._types, token.text] if self._fresh(token) else [token.text]
        elif token.text in KEYWORDS:
            return token.text not in ("enum", "struct", "union", "packed", "vectored", "scalared", "virtual")
        else:
            if self._name is not None:  # the word before was a type
                self._types, self._width = [self._name.text], self._after
                self._after = ""
            self._name = token
        return False

    def _fresh(self, token: Token) -> bool:
        """Whether a type word continues the type under way (`output reg signed`)."""
        return self._name is None and self._width == ""

    def _join(self, separator: Token, following: Token) -> None:
        if self._name is not None and following.kind == "word":
            text = self._name.text + separator.text + following.text
            self._name = Token("word", text, self._name.start)

    def _finish(self) -> Iterator[Declared]:
        if self._name is not None:
            yield Declared(
                self._name.text, self._storage, " ".join(self._types), self._width, self._after, self._value,
                self._name.start,
            )  # fmt: skip
        self._name, self._after, self._value = None, "", ""
