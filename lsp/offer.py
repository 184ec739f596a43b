"""A suggestion as it was offered: the text before it and after it, to recognize what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from rtlwright.lsp.buffer import UTF16, Buffer
from rtlwright.server.types import Suggestion


@dataclass(frozen=True, slots=True)
class Offer:
    """`before + suggestion.text + after` is the document once the suggestion is accepted.

    The text is the buffer's own: offers are kept by the dozen, and a document may have megabytes.
    """

    suggestion: Suggestion
    text: str
    """Of the document as it was."""
    start: int
    end: int
    """What the suggestion replaces."""

    @classmethod
    def of(cls, suggestion: Suggestion, buffer: Buffer) -> Offer:
        start = buffer.offset(suggestion.range.start, UTF16)
        return cls(suggestion, buffer.text, start, buffer.offset(suggestion.range.end, UTF16))

    @property
    def before(self) -> str:
        return self.text[: self.start]

    @property
    def after(self) -> str:
        return self.text[self.end :]

    def typed(self, text: str) -> str | None:
        """What of the suggestion stands in `text` already; None if the text has gone another way."""
        end = len(text) - (len(self.text) - self.end)
        if end < self.start:
            return None
        middle = text[self.start : end]
        if not self.suggestion.text.startswith(middle):
            return None
        same = text.startswith(self.before) and text.endswith(self.after)
        return middle if same else None

    def rest(self, text: str, cursor: int) -> str | None:
        """What is left to insert at `cursor`; None unless the cursor stands right behind what was typed."""
        typed = self.typed(text)
        if typed is None or cursor != self.start + len(typed):
            return None
        return self.suggestion.text[len(typed) :] or None
