"""How often a token may ask: a bucket of `burst` requests that fills with `rate` a second."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

_MAX_BUCKETS = 4096


class RateLimit:
    """On the event loop's thread alone. Buckets that nobody has used for long are full, and forgotten."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic):
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> float:
        """0 if one more request is allowed now (and counted), else how long to wait for that."""
        now = self._clock()
        left, at = self._buckets.pop(name, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[name] = (left - allowed, now)
        while len(self._buckets) > _MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate
