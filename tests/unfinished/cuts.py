"""True continuations: a finished file cut anywhere, the beginning of what followed, and perhaps a hole."""

from __future__ import annotations

import random
from bisect import bisect_left

from rtlwright.server.check.text.lexer import DESIGN_UNITS, Kind, Token, tokens
from rtlwright.server.check.text.structure import Scanner, scan
from unfinished.case import Case, Hole
from unfinished.corpus import File
from unfinished.places import construct

CUTS = (
    "before a token", "after a token", "in a token", "start of a line", "in a comment", "in a string",
    "after a macro",
)  # fmt: skip
_CUT_WEIGHTS = (8, 7, 5, 4, 2, 2, 3)
LENGTHS = (
    "rest of the token",
    "few tokens",
    "line",
    "statement",
    "block",
    "lines",
    "many tokens",
    "broken off",
)
_LENGTH_WEIGHTS = (2, 3, 4, 5, 4, 4, 3, 2)
HOLES = tuple(Hole)
_HOLE_WEIGHTS = (6, 4, 4, 5, 4)


def true_case(file: File, rng: random.Random) -> Case | None:
    """One drawn case; None if the file has no such place."""
    found = tuple(tokens(file.text))
    cut = rng.choices(CUTS, _CUT_WEIGHTS)[0]
    start = _start(file.text, found, cut, rng)
    if start is None:
        return None
    length = rng.choices(LENGTHS, _LENGTH_WEIGHTS)[0]
    end = _end(file.text, found, start, length, rng)
    if not file.text[start:end].strip():
        return None
    hole = rng.choices(HOLES, _HOLE_WEIGHTS)[0]
    return cut_out(file, cut, start, end, hole, true=True)


def cut_out(file: File, kind: str, start: int, end: int, hole: Hole, *, true: bool) -> Case:
    text = file.text
    behind = hole_end(text, end, hole)
    place = construct(text, start)
    return Case(file, kind, true, place, text[:start], text[start:end], text[end:behind], text[behind:], hole)


def _start(text: str, found: tuple[Token, ...], cut: str, rng: random.Random) -> int | None:
    inner = found[1:]
    match cut:
        case "before a token":
            places = [t.start for t in inner]
        case "after a token":
            places = [t.end for t in found if not t.trivial]
        case "in a token":
            words = (Kind.IDENTIFIER, Kind.KEYWORD, Kind.NUMBER, Kind.SYSTEM)
            places = [rng.randrange(t.start + 1, t.end) for t in inner if t.kind in words and len(t.text) > 1]
        case "start of a line":
            places = [i + 1 for i, c in enumerate(text[:-1]) if c == "\n"]
        case "in a comment":
            places = [rng.randrange(t.start + 2, t.end) for t in found if t.trivial and len(t.text) > 4]
        case "in a string":
            places = [
                rng.randrange(t.start + 1, t.end) for t in found if t.kind is Kind.STRING and len(t.text) > 2
            ]
        case _:
            places = [t.end for t in found if t.kind is Kind.DIRECTIVE]
    return rng.choice(places) if places else None


def _end(text: str, found: tuple[Token, ...], start: int, length: str, rng: random.Random) -> int:
    at = bisect_left([t.end for t in found], start + 1)  # the first token that ends behind the cut
    at = min(at, len(found) - 1)
    last = len(found) - 1
    match length:
        case "rest of the token":
            return max(found[at].end, start + 1)
        case "few tokens":
            return found[min(last, at + rng.choice((1, 2, 3, 5)))].end
        case "many tokens":
            return found[min(last, at + rng.choice((8, 15, 30, 60)))].end
        case "broken off":
            token = found[min(last, at + rng.choice((1, 3, 8, 20)))]
            return rng.randrange(token.start, token.end) + 1
        case "line" | "lines":
            end = start
            for _ in range(1 if length == "line" else rng.choice((2, 3, 5, 8))):
                end = _line_end(text, end + 1)
            return end
        case "statement":
            return next((t.end for t in found[at:] if t.text in (";", "begin", "end")), len(text))
        case _:
            return _block_end(text, found, start)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" and end > start else end


def _block_end(text: str, found: tuple[Token, ...], start: int) -> int:
    """Behind the closer of the block around the place."""
    depth = scan(t for t in found if t.end <= start).frames
    own = next((frame for frame in reversed(depth) if not frame.bracket), None)
    return _closer(found, start, own.start if own else -1, text, behind=True)


def _closer(found: tuple[Token, ...], start: int, opener: int, text: str, *, behind: bool) -> int:
    """Where the block that `opener` opened is closed after `start`, or the end of the text."""
    if opener < 0:
        return len(text)
    scanner = Scanner()
    for token in found:
        before = any(frame.start == opener for frame in scanner.structure().frames)
        scanner.feed((token,))
        if token.end > start and before and all(f.start != opener for f in scanner.structure().frames):
            return token.end if behind else token.start
    return len(text)


def hole_end(text: str, end: int, hole: Hole) -> int:
    """Where the text goes on behind the hole that begins at `end`."""
    match hole:
        case Hole.NOTHING:
            return end
        case Hole.LINE:
            return _line_end(text, end)
        case Hole.FILE:
            return len(text)
    found = tuple(tokens(text))
    frames = scan(t for t in found if t.end <= end).frames
    wanted = (lambda f: f.opener in DESIGN_UNITS) if hole is Hole.MODULE else (lambda f: not f.bracket)
    frame = next((each for each in reversed(frames) if wanted(each)), None)
    closer = _closer(found, end, frame.start if frame else -1, text, behind=False)
    if closer < end:  # the candidate breaks off within it
        return next(t.end for t in found if t.end >= end)
    # What stands before the closer stays: nobody deletes the line end before an `endmodule`.
    return max(end, len(text[:closer].rstrip()))
