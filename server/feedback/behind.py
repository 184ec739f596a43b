"""A store whose requests are written behind: no completion waits for a database, or for its absence."""

from __future__ import annotations

import threading
import time
from collections import deque

from rtlwright.server.feedback.records import Capture, RequestRecord, StoreStatus
from rtlwright.server.feedback.store import Store
from rtlwright.server.types import Completion, FeedbackEvent

_MAX_WAITING = 2_000
_AGAIN_S = 0.5


class WriteBehind:
    """See `Store`. Events are written at once: their senders are told whether they are safe."""

    def __init__(self, store: Store):
        self._store = store
        self._waiting: deque[tuple[RequestRecord, Completion, Capture]] = deque(maxlen=_MAX_WAITING)
        self._changed = threading.Condition()
        self._closed = False
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="rtlwright-store", daemon=True)
        self._thread.start()

    def record_request(
        self, request: RequestRecord, completion: Completion, capture: Capture = "full"
    ) -> bool:
        with self._changed:
            self._dropped += len(self._waiting) == _MAX_WAITING
            self._waiting.append((request, completion, capture))
            self._changed.notify()
        return True

    def record(self, event: FeedbackEvent, uid: str | None = None, capture: Capture = "full") -> bool:
        return self._store.record(event, uid, capture)

    def status(self) -> StoreStatus:
        return self._store.status()

    @property
    def waiting(self) -> int:
        """Requests that are not written yet."""
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """Requests given up since the database was away for too long."""
        return self._dropped

    def close(self, patience_s: float = 3.0) -> None:
        """Write the rest, for so long."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(patience_s)
        self._store.close()

    def _run(self) -> None:
        while (first := self._first()) is not None:
            if self._store.record_request(*first):
                with self._changed:
                    if self._waiting and self._waiting[0] is first:
                        self._waiting.popleft()
            elif self._closed:
                return
            else:
                time.sleep(_AGAIN_S)

    def _first(self) -> tuple[RequestRecord, Completion, Capture] | None:
        """The oldest, once there is one; None when all is written and no more will come."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            return self._waiting[0] if self._waiting else None
