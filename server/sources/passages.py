"""Earlier places in the texts whose next line may be the one wanted now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rtlwright.server.sources.analogy import Analogy
from rtlwright.server.sources.lines import Text, first_word, line_tokens
from rtlwright.server.types import Cancel

DEPTH = 8
"""Lines before the cursor that are compared."""
_LEARNT = 4
"""Of those, how many names are learnt from."""
_HERE, _ELSEWHERE = 96, 24
"""Places looked at in this file, and in each other one."""
_KEPT = 48


@dataclass(frozen=True, slots=True)
class Place:
    """A line, and how much of what stands before it is like what stands before the cursor."""

    text: Text
    at: int
    exact: int
    """Lines before it that are the same to the letter, from the nearest on."""
    similar: int
    """Lines before it of the same shape, the exact ones among them."""
    alike: bool
    """The line before it begins with the same word."""
    here: bool
    """In the file that is edited."""
    rank: int
    """0 for the nearest place of its text."""

    @property
    def likeness(self) -> tuple[int, bool, int, bool, int]:
        return self.exact, self.alike, self.similar, self.here, -self.rank


@dataclass(frozen=True, slots=True)
class Passage:
    """A place whose names have been matched with today's."""

    place: Place
    analogy: Analogy

    @property
    def line(self) -> str:
        return self.place.text.lines[self.place.at]


def passages(texts: Sequence[Text], typed: str, cancel: Cancel) -> Iterator[Passage]:
    """The places most alike to the end of the first text, best first."""
    head = texts[0]
    places: list[Place] = []
    for text in texts:
        cancel.check()
        places += _places(text, head, typed)
    places.sort(key=lambda place: place.likeness, reverse=True)
    for place in places[:_KEPT]:
        passage = _matched(place, head)
        if passage is not None:
            yield passage


def _places(text: Text, head: Text, typed: str) -> Iterator[Place]:
    """Lines after one that is the last line, or begins or is shaped as it; and lines that begin as typed."""
    here = text.path == head.path
    limit = _HERE if here else _ELSEWHERE
    seen: set[int] = set()
    if head.lines:
        first = first_word(head.lines[-1])
        for found in (text.equal(head.flats[-1]), text.beginning(first), text.with_shape(head.shapes[-1])):
            for rank, before in enumerate(islice(found, limit)):
                at = before + 1
                if at < len(text.lines) and at not in seen:  # else it is the last line itself
                    seen.add(at)
                    yield _place(text, at, head, first, here, rank)
    if len(line_tokens(typed)) > 1:
        for rank, at in enumerate(islice(text.beginning(first_word(typed)), limit)):
            if at not in seen:
                yield Place(text, at, 0, 0, False, here, rank)


def _place(text: Text, at: int, head: Text, first: str, here: bool, rank: int) -> Place:
    """With how far back the lines are the same, and of the same shape."""
    exact = similar = 0
    for back in range(1, min(DEPTH, len(head.lines), at) + 1):
        if text.shapes[at - back] != head.shapes[-back]:
            break
        similar += 1
        exact += exact == back - 1 and text.flats[at - back] == head.flats[-back]
    return Place(text, at, exact, similar, first_word(text.lines[at - 1]) == first, here, rank)


def _matched(place: Place, head: Text) -> Passage | None:
    """With the names of then learnt; None if the nearest line only looked as if it were of the same shape."""
    analogy = Analogy()
    for back in range(1, min(place.similar, _LEARNT) + 1):
        if not analogy.learn(place.text.lines[place.at - back], head.lines[-back]):
            return Passage(place, analogy) if back > 1 or place.alike else None
    return Passage(place, analogy)
