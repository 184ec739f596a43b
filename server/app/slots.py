"""Who may work now: a number of slots, and those who wait for one, newest first.

Newest first, because of what is asked for while somebody types the newest is the most likely to be wanted
still; when too many wait, the one that has waited longest is sent away.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from dataclasses import dataclass

_HURRIED_S = 1.0
_HURRIED_FOR_EACH = 2
"""Requests of typing authors that may wait for each slot. Those that are sent away come back later; if all
were kept until their next key, nobody would be served."""
_SHORTEST_S, _LONGEST_S = 1.0, 30.0
_REMEMBERED = 64


class Busy(Exception):  # noqa: N818 - read as a sentence at the call sites
    """No slot became free in time; `retry_after_s` is when to come back."""

    def __init__(self, retry_after_s: float):
        super().__init__("the server is busy")
        self.retry_after_s = retry_after_s


@dataclass(eq=False, slots=True)
class _Waiter:
    turn: asyncio.Future[None]
    hurried: bool
    """It is not worth much in a second."""


class Slots:
    """On the event loop's thread alone."""

    def __init__(self, count: int, queue: int):
        self.count, self._queue = count, queue
        self._free = count
        self._waiting: deque[_Waiter] = deque()
        self._ends: deque[float] = deque(maxlen=_REMEMBERED)
        self._sent_away: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def taken(self) -> int:
        return self.count - self._free

    async def take(self, wait_s: float) -> None:
        """Wait for a slot; a task that is cancelled meanwhile has none.

        Raises:
            Busy: none became free within `wait_s`, or too many newer ones came.
        """
        if self._free:
            self._free -= 1
            return
        if self._queue == 0:
            raise self._busy()
        waiter = _Waiter(asyncio.get_running_loop().create_future(), wait_s < _HURRIED_S)
        self._waiting.append(waiter)
        if len(self._waiting) > self._queue:
            self._send_away(self._waiting[0])
        hurried = [each for each in self._waiting if each.hurried]
        if len(hurried) > _HURRIED_FOR_EACH * self.count:
            self._send_away(hurried[0])
        try:
            async with asyncio.timeout(wait_s):
                await waiter.turn
        except (TimeoutError, asyncio.CancelledError) as end:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self.give_back()  # it came in the same moment
            if isinstance(end, TimeoutError):
                raise self._busy() from None
            raise
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def give_back(self) -> None:
        """To the newest of those who wait."""
        self._ends.append(time.monotonic())
        while self._waiting:
            waiter = self._waiting.pop()
            if not waiter.turn.done():
                waiter.turn.set_result(None)
                return
        self._free += 1

    def _send_away(self, waiter: _Waiter) -> None:
        self._waiting.remove(waiter)
        if not waiter.turn.done():
            waiter.turn.set_exception(self._busy())

    def _busy(self) -> Busy:
        """When to come back: the more are sent away for each that is served, the later."""
        now = time.monotonic()
        self._sent_away.append(now)
        served, away = (_per_second(times, now) for times in (self._ends, self._sent_away))
        return Busy(min(_LONGEST_S, max(_SHORTEST_S, math.ceil(away / served) if served else _SHORTEST_S)))


def _per_second(times: deque[float], now: float) -> float:
    """How often, lately."""
    return len(times) / max(1.0, now - times[0]) if times else 0.0
