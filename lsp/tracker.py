"""What becomes of the suggestion on screen, read from the changes of its document.

No editor reports what was shown, partly accepted or dismissed (only whole acceptance, by a command), so it
is derived: text that follows the suggestion in one change of several characters was accepted, character
by character it was typed, and anything else is a divergence. Not covered: dismissal without a change, and
an alternative that the user only looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtlwright.lsp.buffer import UTF16, units
from rtlwright.lsp.offer import Offer
from rtlwright.server.types import EventKind, FeedbackEvent


@dataclass(slots=True)
class _Shown:
    offers: tuple[Offer, ...]
    since: float
    typed: int
    """Characters of the suggestion that stood in the text at the last look."""


class Tracker:
    """One suggestion on screen per document; times are seconds since the epoch."""

    def __init__(self) -> None:
        self._shown: dict[str, _Shown] = {}

    def show(self, uri: str, offers: tuple[Offer, ...], text: str, now: float) -> Iterator[FeedbackEvent]:
        """The first of `offers` came on screen; the rest of one that is there already is nothing new."""
        first = offers[0]
        current = self._shown.get(uri)
        if current is not None and current.offers[0].suggestion.id == first.suggestion.id:
            return
        yield from self.end(uri, EventKind.REPLACED, "newer", now)
        self._shown[uri] = _Shown(offers, now, len(first.typed(text) or ""))
        yield FeedbackEvent(EventKind.SHOWN, first.suggestion.id, now)

    def change(self, uri: str, text: str, now: float) -> Iterator[FeedbackEvent]:
        """The document's text has changed to `text`."""
        shown = self._shown.get(uri)
        if shown is None:
            return
        for offer in shown.offers:
            if (typed := offer.typed(text)) is not None:
                yield from self._followed(uri, shown, offer, typed, now)
                return
        yield from self.end(uri, EventKind.REJECTED, "diverged", now)

    def end(self, uri: str, kind: EventKind, reason: str, now: float) -> Iterator[FeedbackEvent]:
        """The suggestion left the screen without having been taken."""
        if shown := self._shown.pop(uri, None):
            detail = {"reason": reason, "visible_ms": round((now - shown.since) * 1000)}
            yield FeedbackEvent(kind, shown.offers[0].suggestion.id, now, detail)

    def accepted(self, suggestion_id: str) -> None:
        """The client said so: what follows in the text is no longer news."""
        for uri, shown in list(self._shown.items()):
            if any(offer.suggestion.id == suggestion_id for offer in shown.offers):
                del self._shown[uri]

    def _followed(
        self, uri: str, shown: _Shown, offer: Offer, typed: str, now: float
    ) -> Iterator[FeedbackEvent]:
        before, shown.typed = shown.typed, len(typed)
        at_once = typed[before:]
        # Return brings its indentation along: many characters, but one key.
        in_bulk = len(at_once) > 1 and bool(at_once.strip())
        id = offer.suggestion.id
        if len(typed) == len(offer.suggestion.text):
            del self._shown[uri]
            kind = EventKind.ACCEPTED if in_bulk else EventKind.TYPED_THROUGH
            yield FeedbackEvent(kind, id, now, {"how": "inserted" if in_bulk else "typed"})
        elif in_bulk:
            length = units(typed, UTF16)
            yield FeedbackEvent(EventKind.PARTIALLY_ACCEPTED, id, now, {"accepted_length": length})
