"""At most one request of a kind per document."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rtlwright.server.types import Cancel


class InFlight:
    """Lives on the event loop's thread alone."""

    def __init__(self) -> None:
        self._current: dict[str, Cancel] = {}

    @contextlib.contextmanager
    def newest(self, uri: str) -> Iterator[Cancel]:
        """Cancel what runs for `uri` and take its place; the flag to carry."""
        self.cancel(uri)
        cancel = self._current[uri] = Cancel()
        try:
            yield cancel
        finally:
            if self._current.get(uri) is cancel:
                del self._current[uri]

    def cancel(self, uri: str) -> None:
        if running := self._current.pop(uri, None):
            running.cancel()

    def cancel_all(self) -> None:
        for uri in list(self._current):
            self.cancel(uri)
