"""Requests whose answers nobody has seen yet: they are recorded with the first event about them, or never."""

from __future__ import annotations

import threading
from collections import OrderedDict

from rtlwright.server.feedback.records import RequestRecord
from rtlwright.server.types import Completion

REMEMBERED = 64
"""Answers that were prepared ahead are asked for within seconds, or not at all."""
_CHARACTERS = 2**20
"""Of all their texts, but for the newest: each has the whole document."""

Asked = tuple[RequestRecord, Completion]


class Unseen:
    """Thread-safe, bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, Asked] = OrderedDict()
        self._next = self._size = 0

    def put(self, request: RequestRecord, completion: Completion) -> None:
        """The oldest is forgotten when there are too many."""
        with self._lock:
            self._next += 1
            self._waiting[self._next] = request, completion
            self._size += _size(request)
            while len(self._waiting) > (REMEMBERED if self._size <= _CHARACTERS else 1):
                self._size -= _size(self._waiting.popitem(last=False)[1][0])

    def take(self, suggestion_id: str) -> Asked | None:
        """The request that found this suggestion, once."""
        with self._lock:
            for number, (_, completion) in self._waiting.items():
                if any(suggestion.id == suggestion_id for suggestion in completion.suggestions):
                    found = self._waiting.pop(number)
                    self._size -= _size(found[0])
                    return found
        return None


def _size(request: RequestRecord) -> int:
    return len(request.prefix) + len(request.suffix)
