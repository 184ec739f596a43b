"""Reads the text around a cursor once: while one types, the next text goes on where this one ended.

A file of some hundred lines takes a millisecond or two to tokenize; a keystroke changes a few tokens of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rtlwright.server.check.text.lexer import DESIGN_UNITS, Kind, Token, mentioned, named, tokens
from rtlwright.server.check.text.structure import Scanner, Structure

_MAX_MARKS = 8
_UNSURE = 8
"""So many tokens before the end of a text are read again at least: that is where it changes."""
_NOTHING: frozenset[str] = frozenset()
_CLOSES = re.compile(r"\s*(?:end|join)\w*\b")


@dataclass(frozen=True, slots=True)
class Head:
    """A text up to its last token, read."""

    last: tuple[Token, ...]
    """The last token, which may go on in what follows; empty in an empty text."""
    scanner: Scanner
    """Has read all tokens but the last; belongs to whoever asked."""
    names: frozenset[str]
    """As `lexer.named` finds them."""
    mentions: frozenset[str]
    """As `lexer.mentioned` finds them."""
    blank: bool
    """There are no tokens but comments."""

    restart: int
    """Where the last token begins, or where the text ends if that cannot go on."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The state after `text`, from which a longer text is read on."""

    defines: tuple[str, ...]
    text: str
    scanner: Scanner
    names: frozenset[str]
    mentions: frozenset[str]
    blank: bool


_marks: list[_Mark] = []


def read_head(text: str, defines: Mapping[str, str]) -> Head:
    """Read `text`, from the longest known beginning on."""
    mark = _longest(text, tuple(sorted(defines))) or _Mark(
        tuple(sorted(defines)), "", Scanner(defines), _NOTHING, _NOTHING, True
    )
    found = tuple(tokens(text, len(mark.text)))
    count = _settled(text, found)
    sure, rest = _advanced(mark, text, found[:count], found[count:]), found[count:]
    return Head(
        rest[-1:],
        sure.scanner.copy().feed(rest[:-1]),
        sure.names | named(rest),
        sure.mentions | mentioned(rest),
        sure.blank and _blank(rest),
        rest[-1].start if rest else len(mark.text),
    )


def _settled(text: str, found: tuple[Token, ...]) -> int:
    """How many tokens stay what they are, whatever stands behind the white space after the last of them.

    `en` may become `enable`, `8 ` may become `8 'hff`, and a directive takes in the rest of its line.
    """
    for count in range(len(found) - _UNSURE, 0, -1):
        last = found[count - 1]
        between = text[last.end : found[count].start]
        takes_line = last.kind is Kind.DIRECTIVE or last.kind is Kind.COMMENT
        if between and last.kind is not Kind.NUMBER and ("\n" in between or not takes_line):
            return count
    return 0


def _longest(text: str, defines: tuple[str, ...]) -> _Mark | None:
    """The mark that `text` goes on from; the list is replaced as a whole, so that threads may share it."""
    fitting = [mark for mark in _marks if mark.defines == defines and text.startswith(mark.text)]
    return max(fitting, key=lambda mark: len(mark.text), default=None)


def _advanced(mark: _Mark, text: str, read: tuple[Token, ...], rest: tuple[Token, ...]) -> _Mark:
    """The mark moved behind the tokens `read`, and remembered."""
    global _marks
    if not read:
        return mark
    moved = _Mark(
        mark.defines,
        text[: rest[0].start],
        mark.scanner.copy().feed(read),
        mark.names | named(read),
        mark.mentions | mentioned(read),
        mark.blank and _blank(read),
    )
    _marks = [moved, *(old for old in _marks if old is not mark)][:_MAX_MARKS]
    return moved


def _blank(found: Iterable[Token]) -> bool:
    return all(token.trivial for token in found)


class Suffix:
    """The text after the cursor: which closers it supplies, and where the next design unit begins."""

    def __init__(self, text: str, macros: Iterable[str]):
        found = tuple(tokens(text))
        self.names, self.mentions, self.blank = named(found), mentioned(found), _blank(found)
        unit, self.structure = _scanned(found, dict.fromkeys(macros, ""))
        whole = unit is not None and not self.structure.frames
        self.from_next_unit = text[unit:] if whole else ""
        line = text.split("\n", 1)[0].removesuffix("\r")
        self.same_line = bool(line.strip()) and not line.lstrip().startswith(("//", "/*"))
        self.line = line if self.same_line else ""
        self.goes_on = self.same_line and not _CLOSES.match(line)
        """What stands behind the cursor on its line goes on with what stands before it."""


def _scanned(found: tuple[Token, ...], macros: Mapping[str, str]) -> tuple[int | None, Structure]:
    """(where the first design unit after the one at the cursor begins, the structure at the end)."""
    scanner, unit, fed = Scanner(macros), None, 0
    for index, token in enumerate(found):
        if unit is None and token.kind is Kind.KEYWORD and token.text in DESIGN_UNITS:
            scanner.feed(found[fed:index])
            fed = index
            if _top(scanner.structure()):
                unit = token.start
    return unit, scanner.feed(found[fed:]).structure()


def _top(structure: Structure) -> bool:
    return not structure.frames and any(closer.startswith("end") for closer in structure.supplied[-1:])


@lru_cache(maxsize=4)
def read_suffix(text: str, macros: frozenset[str]) -> Suffix:
    """Read `text`; while one types before it, it stays the same."""
    return Suffix(text, macros)
