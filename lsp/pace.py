"""How long to wait for the next key before a request is worth its work."""

from __future__ import annotations

from dataclasses import dataclass

SHORTEST_S, LONGEST_S = 0.02, 0.25
_PAUSE_S = 0.6
"""Keys further apart than this are no typing speed, they are thought."""
_SMOOTHING = 0.3
_QUICK_ANSWER_S = 0.15
"""An answer that comes within this is worth asking for between any two keys."""


@dataclass(slots=True)
class _Hand:
    last_key: float
    interval: float = 0.12


class Pace:
    """Learns from the keys of each document and from the answers. Times are `time.monotonic` seconds."""

    def __init__(self) -> None:
        self._hands: dict[str, _Hand] = {}
        self._answer_s = _QUICK_ANSWER_S

    def key(self, uri: str, now: float) -> None:
        """The document was changed."""
        hand = self._hands.setdefault(uri, _Hand(now - _PAUSE_S))
        gap = now - hand.last_key
        if gap < _PAUSE_S:
            hand.interval += _SMOOTHING * (gap - hand.interval)
        hand.last_key = now

    def answered(self, seconds: float) -> None:
        """A request took this long from its start to its answer."""
        self._answer_s += _SMOOTHING * (seconds - self._answer_s)

    def wait_s(self, uri: str, now: float) -> float:
        """Seconds from `now`. Slow answers are worth a longer wait: each one thrown away costs more.

        >>> pace = Pace()
        >>> for key in range(20):
        ...     pace.key("a", key * 0.1)
        >>> round(pace.wait_s("a", 1.9), 2)      # a key each 100 ms, answers in 150: wait for one more key
        0.1
        >>> pace.wait_s("a", 2.4)                # the last key is half a second ago
        0.0
        """
        hand = self._hands.get(uri)
        if hand is None:
            return 0.0
        weight = min(2.0, max(0.25, self._answer_s / _QUICK_ANSWER_S))
        wanted = min(LONGEST_S, max(SHORTEST_S, hand.interval * weight))
        return max(0.0, wanted - (now - hand.last_key))

    def forget(self, uri: str) -> None:
        self._hands.pop(uri, None)
