"""Whether a text closes more than it may: what the text after the cursor still has to close stays open."""

from __future__ import annotations

from collections.abc import Sequence

from rtlwright.server.check.text.lexer import DESIGN_UNITS
from rtlwright.server.check.text.structure import Structure

_UNIT_ENDS = frozenset(f"end{unit}" for unit in DESIGN_UNITS)


def overcloses(start: Structure, now: Structure, supplied: Sequence[str]) -> bool:
    """From `start` to `now` something was closed that `supplied`, the closers after the cursor, need.

    `begin begin | end end`, where `|` is the cursor: one more `end` is too much there, not `end else begin`.
    Where the text around the cursor is not whole without what is missing there, nothing is held against it.
    """
    if len(now.supplied) > len(start.supplied):
        return True
    if start.inside(*DESIGN_UNITS) and not now.inside(*DESIGN_UNITS) and not _UNIT_ENDS.isdisjoint(supplied):
        return True  # what ends its unit, and begins no other that the end after the cursor could be of
    spare = spared(start, supplied)
    if spare is None:
        return False
    whole = not start.tail and not (start.frames and start.frames[-1].bracket)
    if whole and _left_unit(start, now, spare):
        return True
    return len(now.frames) < spare and (whole or not now.tail)


def spared(start: Structure, supplied: Sequence[str]) -> int | None:
    """How many frames must stay open for `supplied` to close; None if it closes what is not open."""
    matched = 0
    for closer in reversed(supplied):
        if matched == len(start.frames) or start.frames[matched].closer != closer:
            return None
        matched += 1
    return matched


def _left_unit(start: Structure, now: Structure, spare: int) -> bool:
    """A design unit was ended, and perhaps another one begun, though its own end stands after the cursor."""
    units = {frame.start for frame in start.frames[:spare] if frame.opener in DESIGN_UNITS}
    return not units <= {frame.start for frame in now.frames}
