"""A suggestion as it was offered: the text before it and after it, to recognize what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from rtlwright.lsp.buffer import UTF16, Buffer
from rtlwright.server.types import Suggestion


@dataclass(frozen=True, slots=True)
class Offer:
    """`before + suggestion.text + after` is the document once the suggestion is accepted."""

    suggestion: Suggestion
    before: str
    after: str

    @classmethod
    def of(cls, suggestion: Suggestion, buffer: Buffer) -> Offer:
        start = buffer.offset(suggestion.range.start, UTF16)
        end = buffer.offset(suggestion.range.end, UTF16)
        return cls(suggestion, buffer.text[:start], buffer.text[end:])

    def typed(self, text: str) -> str | None:
        """What of the suggestion stands in `text` already; None if the text has gone another way."""
        end = len(text) - len(self.after)
        if end < len(self.before) or not text.startswith(self.before) or not text.endswith(self.after):
            return None
        middle = text[len(self.before) : end]
        return middle if self.suggestion.text.startswith(middle) else None

    def rest(self, text: str, cursor: int) -> str | None:
        """What is left to insert at `cursor`; None unless the cursor stands right behind what was typed."""
        typed = self.typed(text)
        if typed is None or cursor != len(self.before) + len(typed):
            return None
        return self.suggestion.text[len(typed) :] or None
