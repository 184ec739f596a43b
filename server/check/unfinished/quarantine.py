"""Blanks the design units that are broken, so that they cannot hide what is said of the one at the cursor.

One syntax error is enough for Icarus to look no further, and for a parser to misread what follows. Units are
replaced by spaces, character for character: every position stays where it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from rtlwright.server.check.text.lexer import DESIGN_UNITS, Kind, tokens
from rtlwright.server.check.text.structure import Scanner

_UNIT_ENDS = frozenset(f"end{unit}" for unit in DESIGN_UNITS)


def segments(text: str) -> list[tuple[int, int]]:
    """The text cut before each design unit and behind each one's end; together they are the whole text."""
    cuts = {0, len(text)}
    scanner = Scanner()
    for token in tokens(text):
        scanner.feed((token,))
        if token.kind is not Kind.KEYWORD:
            continue
        if token.text in DESIGN_UNITS and _opened(scanner, token.start):
            cuts.add(token.start)
        elif token.text in _UNIT_ENDS:
            cuts.add(token.end)
    ordered = sorted(cuts)
    return list(pairwise(ordered))


def quarantined(text: str, cursor: int, errors: Iterable[int]) -> str:
    """`text` without the segments that hold an error, save the one with the cursor."""
    places = [offset for offset in errors if offset >= 0]
    result = []
    for start, end in segments(text):
        piece = text[start:end]
        here = start <= cursor <= end
        if not here and any(start <= place < end for place in places):
            piece = re.sub(r"[^\r\n]", " ", piece)
        result.append(piece)
    return "".join(result)


def _opened(scanner: Scanner, start: int) -> bool:
    frames = scanner.structure().frames
    return bool(frames) and frames[-1].start == start
