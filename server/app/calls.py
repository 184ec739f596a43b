"""Blocking calls for many clients: slots, a bounded queue, and an end when the client has left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rtlwright.server.app.metrics import Metrics
from rtlwright.server.types import Cancel, Cancelled

T = TypeVar("T")
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Busy(Exception):  # noqa: N818 - read as a sentence at the call sites
    """No slot became free in time; `retry_after_s` is when to come back."""

    def __init__(self, retry_after_s: float):
        super().__init__("the server is busy")
        self.retry_after_s = retry_after_s


class Calls:
    """Belongs to the event loop; each call has a thread for as long as it has a slot."""

    def __init__(self, slots: int, queue: int, wait_s: float, metrics: Metrics):
        self._free = asyncio.Semaphore(slots)
        self._queue, self._wait_s, self._metrics = queue, wait_s, metrics
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="rtlwright-request")
        self._running: set[Cancel] = set()
        self.waiting = 0

    @property
    def in_flight(self) -> int:
        return len(self._running) - self.waiting

    async def run(self, receive: Receive, work: Callable[[Cancel], T]) -> T:
        """The result of `work`, which is cancelled as soon as the client hangs up (ASGI `http.disconnect`).

        Raises:
            Busy: there was no slot.
            Cancelled: the client has left, or the server ends.
        """
        cancel = Cancel()
        self._running.add(cancel)
        call = asyncio.ensure_future(self._in_turn(cancel, work))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                began = time.perf_counter()
                cancel.cancel()
                await asyncio.wait({call})
                self._metrics.cancel_seconds.observe(time.perf_counter() - began)
            return await call
        finally:
            gone.cancel()
            cancel.cancel()
            self._running.discard(cancel)

    def close(self) -> None:
        """Cancel what is under way; idempotent."""
        for cancel in list(self._running):
            cancel.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _in_turn(self, cancel: Cancel, work: Callable[[Cancel], T]) -> T:
        await self._turn(cancel)
        try:
            with self._metrics.in_flight.track_inprogress():
                return await asyncio.get_running_loop().run_in_executor(self._pool, work, cancel)
        finally:
            self._free.release()

    async def _turn(self, cancel: Cancel) -> None:
        """Wait for a slot; whoever leaves while waiting takes none."""
        if self._free.locked() and self.waiting >= self._queue:
            raise Busy(self._wait_s)
        self.waiting += 1
        turn = asyncio.ensure_future(self._free.acquire())
        ready: set[asyncio.Future[Any]] = {turn, _stopped(cancel)}
        try:
            with self._metrics.waiting.track_inprogress():
                await asyncio.wait(ready, timeout=self._wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.waiting -= 1
        if turn.done() and not cancel.cancelled:
            return
        if not turn.cancel() and turn.done():
            self._free.release()
        cancel.check()
        raise Busy(self._wait_s)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _stopped(cancel: Cancel) -> asyncio.Future[Any]:
    """Done once `cancel` is set, by whatever thread."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()

    def stop() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stopped.set)

    cancel.on_cancel(stop)
    return asyncio.ensure_future(stopped.wait())


__all__ = ["Busy", "Calls", "Cancelled", "Receive"]
