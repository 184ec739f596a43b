"""Picks the closure that a parser accepts, and says which errors the candidate brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from rtlwright.server.check.slang.raw import Parsed, Raw
from rtlwright.server.check.unfinished.closure import PLACEHOLDER, Closure, Keep

Known = Counter[tuple[str, str, "Place"]]
"""Errors as `key` names them."""


class Parser(Protocol):
    def __call__(self, text: str) -> Parsed: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error stands, independent of how long candidate and insertion are."""

    region: str
    """`before`, `candidate`, `inserted`, `after` or `elsewhere` (another file)."""
    offset: int
    """From the beginning of the region, or in the document for `before` and `candidate`."""


@dataclass(frozen=True)
class Closed:
    """A text closed as well as it can be."""

    closure: Closure
    parsed: Parsed
    prefix_end: int
    """Where the candidate begins."""

    def place(self, error: Raw) -> Place:
        cursor = len(self.closure.before)
        behind = cursor + len(self.closure.inserted)
        if error.offset < 0:
            return Place("elsewhere", error.line)
        spans = bool(error.names) and error.offset + len(error.names[0]) > self.prefix_end
        if error.offset < self.prefix_end and not spans:  # `cou` before the cursor, `nted` in the candidate
            return Place("before", error.offset)
        if error.offset < cursor:
            return Place("candidate", error.offset)
        if error.offset < behind:
            return Place("inserted", 0)
        # A dropped beginning of the suffix shifts nothing that is counted from its end.
        return Place("after", error.offset - len(self.closure.text))

    @property
    def clean(self) -> bool:
        return not self.parsed.errors

    @property
    def keep(self) -> Keep:
        return self.closure.keep


def key(closed: Closed, error: Raw) -> tuple[str, str, Place]:
    return error.code, error.message, closed.place(error)


def best(
    ways: Iterable[Closure], parse: Parser, prefix_end: int, known: Known | None = None
) -> Closed | None:
    """The first way without a syntax error, else the one that gets furthest.

    Args:
        known: errors that were there without the candidate; they do not count.
    """
    found: Closed | None = None
    reach = -2
    for way in ways:
        closed = Closed(way, parse(way.text), prefix_end)
        fresh = new_errors(closed, closed.parsed.errors, known or Counter())
        if not fresh:
            return closed
        # An insertion cannot mend what stands before it: how far the parser gets is how good it is.
        first = min(error.offset for error in fresh)
        if first > reach:
            found, reach = closed, first
    return found


def new_errors(closed: Closed, errors: Iterable[Raw], known: Known) -> list[Raw]:
    """Those of `errors` that `known` does not hold already, as multisets."""
    left = Counter(known)
    fresh = []
    for error in errors:
        name = key(closed, error)
        if left[name]:
            left[name] -= 1
        else:
            fresh.append(error)
    return fresh


def made_up(error: Raw) -> bool:
    """It is about a name that the closure made up."""
    return PLACEHOLDER in error.message
