"""What the user is told, each thing once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

Show = Callable[[str], None]


class Notices:
    """Thread-safe. A backend that is down must not say so at every key."""

    def __init__(self, show: Show):
        """`show` puts one line before the user; it is called from any thread."""
        self._show = show
        self._lock = threading.Lock()
        self._said: set[str] = set()

    def forget(self) -> None:
        """What was wrong is mended: a new outage is news."""
        with self._lock:
            self._said.clear()

    def say(self, message: str) -> None:
        with self._lock:
            if message in self._said:
                return
            self._said.add(message)
        log.info("told the user something (%d characters)", len(message))
        self._show(message)
