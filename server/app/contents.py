"""Texts of the clients' files by content: sent once, bounded, not shared between tokens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from rtlwright.server.types import SourceFile

SHARES = 16
"""All tokens together keep as much as so many may: whoever has not asked for longest sends again."""


class Contents:
    """What one token has sent. Thread-safe; what was used longest ago goes first."""

    def __init__(self, limit: int):
        """`limit` in characters."""
        self._limit = limit
        self._lock = threading.Lock()
        self._texts: OrderedDict[str, str] = OrderedDict()
        self.size = 0

    def put(self, texts: Iterable[str]) -> None:
        """Under digests that we compute ourselves: nobody's word is taken for what a text is."""
        with self._lock:
            for text in texts:
                digest = SourceFile.of("", text).digest
                if digest not in self._texts:
                    self._texts[digest] = text
                    self.size += len(text)
            while self.size > self._limit and len(self._texts) > 1:
                self.size -= len(self._texts.popitem(last=False)[1])

    def get(self, digests: Iterable[str]) -> Mapping[str, str]:
        """Those that are there."""
        found: dict[str, str] = {}
        with self._lock:
            for digest in digests:
                text = self._texts.get(digest)
                if text is not None:
                    self._texts.move_to_end(digest)
                    found[digest] = text
        return found
