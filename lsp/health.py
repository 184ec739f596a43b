"""Whether it makes sense to ask: a backend that is down is asked again after a while, not at every key."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_S, _LONGEST_S = 1.0, 30.0


@dataclass(slots=True)
class _Outage:
    failures: int
    next_try: float


class Health:
    """By document, since each may have a service of its own. Times are `time.monotonic` seconds."""

    def __init__(self) -> None:
        self._outages: dict[str, _Outage] = {}

    def may_try(self, uri: str, now: float) -> bool:
        outage = self._outages.get(uri)
        return outage is None or now >= outage.next_try

    def failed(self, uri: str, now: float) -> None:
        """The wait doubles with each failure: 1, 2, 4, … 30 s."""
        failures = self._outages[uri].failures + 1 if uri in self._outages else 1
        wait = min(_LONGEST_S, _FIRST_S * 2 ** min(failures - 1, 10))
        self._outages[uri] = _Outage(failures, now + wait)

    def worked(self, uri: str) -> bool:
        """Whether this ends an outage."""
        return self._outages.pop(uri, None) is not None

    def reset(self) -> None:
        """Something was changed that may mend it: at once again."""
        self._outages.clear()
