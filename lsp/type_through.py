"""Answers that stay right while the user types along them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from rtlwright.lsp.offer import Offer

ANSWERS = 8
"""Remembered per document: enough to go back a few words, little enough to compare at every key."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What remains of an offer, to be inserted at the cursor."""

    offer: Offer
    text: str


class TypeThrough:
    """An offer is found again by the text before it and the text after it, so that any other edit misses."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[tuple[Offer, ...]]] = {}

    def put(self, uri: str, offers: tuple[Offer, ...]) -> None:
        if offers:
            self._answers.setdefault(uri, deque(maxlen=ANSWERS)).appendleft(offers)

    def rests(self, uri: str, text: str, cursor: int) -> tuple[Rest, ...]:
        """What remains of the newest answer that the text still follows."""
        for offers in self._answers.get(uri, ()):
            found = [(offer, offer.rest(text, cursor)) for offer in offers]
            rests = tuple(Rest(offer, rest) for offer, rest in found if rest)
            if rests:
                return rests
        return ()

    def forget(self, uri: str) -> None:
        self._answers.pop(uri, None)

    def clear(self) -> None:
        """Settings have changed: what was offered may be answered differently now."""
        self._answers.clear()
