"""Lines of many files, found again by their shape: what is left of a line without its names and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rtlwright.server.context.text import Token, tokens
from rtlwright.server.keywords import KEYWORDS

_COMMENT = re.compile(r"//[^\n]*|/\*[^\n]*?\*/")
_WORD = re.compile(r"\d*[ \t]*'[sS]?[bodhBODH][0-9a-fA-FxXzZ?_]+|[A-Za-z_0-9][\w$]*")
_NAME = re.compile(r"[A-Za-z_]\w*")
_SPACE = {ord(" "): None, ord("\t"): None, ord("\r"): None}
_FIRST = re.compile(r"[ \t]*([`\\.]?[A-Za-z_]\w*|\S)")
CHUNK = 256
_MAX_LINE = 400


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive lines; those with nothing but space or comments are left out."""

    lines: tuple[str, ...]
    shapes: tuple[str, ...]
    flats: tuple[str, ...]
    """The lines without their space."""
    by_shape: dict[str, list[int]]
    by_flat: dict[str, list[int]]
    by_first: dict[str, list[int]]
    """By the first word (with the dot of a connection), or the first character."""
    words: frozenset[str]
    """Names that occur."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file, or the part of one before or after the cursor, as chunks."""

    path: str
    chunks: tuple[Chunk, ...]
    starts: tuple[int, ...]
    """Index of each chunk's first line among all."""
    lines: Sequence[str]
    shapes: Sequence[str]
    flats: Sequence[str]

    @classmethod
    def of(cls, path: str, lines: Sequence[str], from_end: bool = False) -> Text:
        """Chunks are cut from the start of `lines`, or from its end: edits elsewhere leave them alone."""
        first = len(lines) % CHUNK if from_end else 0
        cuts = [0, *([first] if first else []), *range(first + CHUNK, len(lines), CHUNK), len(lines)]
        chunks = tuple(
            (_whole if b - a == CHUNK else _part)("\n".join(lines[a:b])) for a, b in pairwise(cuts) if a < b
        )
        starts: list[int] = []
        lines_: list[str] = []
        shapes: list[str] = []
        flats: list[str] = []
        for chunk in chunks:
            starts.append(len(shapes))
            lines_ += chunk.lines
            shapes += chunk.shapes
            flats += chunk.flats
        return cls(path, chunks, tuple(starts), lines_, shapes, flats)

    def mentions(self, name: str) -> bool:
        return any(name in chunk.words for chunk in reversed(self.chunks))

    def with_shape(self, shape: str) -> Iterator[int]:
        """Lines of that shape, the last first."""
        return self._all(lambda chunk: chunk.by_shape.get(shape, ()))

    def equal(self, flat: str) -> Iterator[int]:
        """Lines that are the same but for space, the last first."""
        return self._all(lambda chunk: chunk.by_flat.get(flat, ()))

    def beginning(self, word: str) -> Iterator[int]:
        """Lines with that first word, the last first."""
        return self._all(lambda chunk: chunk.by_first.get(word, ()))

    def _all(self, found: Callable[[Chunk], Sequence[int]]) -> Iterator[int]:
        for chunk, start in zip(reversed(self.chunks), reversed(self.starts), strict=True):
            yield from (start + at for at in reversed(found(chunk)))


@lru_cache(maxsize=96)
def _whole(text: str) -> Chunk:
    """Some 50 kB each; with the two longest files that are read (`Corpus`) this is full."""
    return _chunk(text)


@lru_cache(maxsize=8)
def _part(text: str) -> Chunk:
    """The one at the cursor is another at every key."""
    return _chunk(text)


def _chunk(text: str) -> Chunk:
    """Three passes of the regex engine over the whole chunk: half a microsecond a line."""
    bare = _COMMENT.sub("", text)
    shaped = _WORD.sub("$", bare).translate(_SPACE).split("\n")
    lines: list[str] = []
    shapes: list[str] = []
    flats: list[str] = []
    by_shape: dict[str, list[int]] = {}
    by_flat: dict[str, list[int]] = {}
    by_first: dict[str, list[int]] = {}
    for line, shape, flat in zip(bare.split("\n"), shaped, bare.translate(_SPACE).split("\n"), strict=True):
        if shape and len(line) <= _MAX_LINE:
            at = len(lines)
            by_shape.setdefault(shape, []).append(at)
            by_flat.setdefault(flat, []).append(at)
            by_first.setdefault(first_word(line), []).append(at)
            lines.append(line.rstrip())
            shapes.append(shape)
            flats.append(flat)
    words = frozenset(_NAME.findall(bare))
    return Chunk(tuple(lines), tuple(shapes), tuple(flats), by_shape, by_flat, by_first, words)


def flat_of(line: str) -> str:
    """The same as in `Chunk.flats`, for one line without comments."""
    return line.translate(_SPACE)


def first_word(line: str) -> str:
    found = _FIRST.match(line)
    return found[1] if found else ""


@lru_cache(maxsize=4096)
def line_tokens(line: str) -> tuple[Token, ...]:
    """The tokens of a line."""
    return tuple(tokens(line))


def is_slot(token: Token) -> bool:
    """A name or a number: what may differ between two lines of one shape."""
    return token.kind == "number" or (token.kind in ("word", "directive") and token.text not in KEYWORDS)


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
