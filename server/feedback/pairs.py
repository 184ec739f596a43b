"""Preference pairs from the labelled candidates of one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtlwright.server.feedback.labels import Label


@dataclass(frozen=True, slots=True)
class LabelledCandidate:
    """One candidate of a request, with what its events said of it."""

    text: str
    label: Label


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of TRL's preference format: two answers to one prompt."""

    prompt: str
    chosen: str
    rejected: str


def pairs(prompt: str, candidates: Sequence[LabelledCandidate]) -> Iterator[Pair]:
    """Each chosen candidate against every other one of the same request, without repeats.

    Candidates that the user never saw count as rejected here: something else was preferred in their
    place. Partly accepted ones are left out, and so is a text that equals a chosen one.
    """
    chosen = {c.text: None for c in candidates if c.label is Label.CHOSEN}
    others = {c.text: None for c in candidates if c.label not in (Label.CHOSEN, Label.PARTIAL)}
    for winner in chosen:
        for loser in others:
            if loser not in chosen:
                yield Pair(prompt, winner, loser)
