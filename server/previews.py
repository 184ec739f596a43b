"""Modules of one request, each checked by itself while the next ones are written: for those who watch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from rtlwright.server.types import Cancel, Cancelled, Candidate, Suggestion

Check = Callable[[Candidate], Suggestion]
Found = Callable[[Suggestion], None]
"""Called with a suggestion as soon as its own verdict is known, from any thread; must not block."""


class Previews:
    """Each text once. The last word is the whole answer's, where modules are compared with one another."""

    def __init__(self, check: Check, found: Found, threads: ThreadPoolExecutor, cancel: Cancel):
        self._check, self._found, self._threads, self._cancel = check, found, threads, cancel
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._ids: dict[str, str] = {}

    def put(self, candidate: Candidate) -> None:
        with self._lock:
            if candidate.text in self._seen:
                return
            self._seen.add(candidate.text)
        self._threads.submit(self._one, candidate)

    def same_ids(self, suggestions: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
        """What has been told of keeps its id. Nothing is told afterwards."""
        with self._lock:
            self._cancel.cancel()
            return tuple(replace(each, id=self._ids.get(each.text, each.id)) for each in suggestions)

    def _one(self, candidate: Candidate) -> None:
        try:
            self._cancel.check()
            suggestion = self._check(candidate)
        except Cancelled:
            return
        with self._lock:
            if not self._cancel.cancelled:
                self._ids[suggestion.text] = suggestion.id
                self._found(suggestion)
