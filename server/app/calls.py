"""Blocking calls for many clients: slots, a bounded queue, and an end when the client has left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Container, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from rtlwright.server.app.faults import Refused
from rtlwright.server.app.metrics import Metrics
from rtlwright.server.app.slots import Slots
from rtlwright.server.types import Cancel, Cancelled

T = TypeVar("T")
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
ENDING = partial(Refused, 503, "the server is being stopped; ask again", 2.0)
REVOKED = partial(Refused, 401, "this token was revoked, or has expired")


class Calls:
    """Belongs to the event loop; each call has a thread for as long as it has a slot."""

    def __init__(self, slots: int, queue: int, metrics: Metrics):
        self.slots = Slots(slots, queue)
        self._metrics = metrics
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="rtlwright-request")
        self._running: dict[Cancel, str] = {}
        self._ended: dict[Cancel, Callable[[], Refused]] = {}
        metrics.watch("rtlwright_slots", "Requests that may be worked on at once", lambda: self.slots.count)
        metrics.watch("rtlwright_requests_in_flight", "Requests that have a slot", lambda: self.slots.taken)
        metrics.watch("rtlwright_requests_waiting", "Requests without a slot", lambda: self.slots.waiting)

    @property
    def callers(self) -> frozenset[str]:
        """Whose requests are under way."""
        return frozenset(self._running.values())

    async def run(self, caller: str, receive: Receive, wait_s: float, work: Callable[[Cancel], T]) -> T:
        """The result of `work`, which is cancelled as soon as the client hangs up (ASGI `http.disconnect`).

        Raises:
            Busy: there was no slot within `wait_s`.
            Cancelled: the client has left.
            Refused: it was ended from here.
        """
        cancel = Cancel()
        self._running[cancel] = caller
        call = asyncio.ensure_future(self._in_turn(cancel, wait_s, work))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                began = time.perf_counter()
                cancel.cancel()
                await asyncio.wait({call})
                self._metrics.cancel_seconds.observe(time.perf_counter() - began)
            return await call
        except Cancelled:
            raise self._ended.get(cancel, Cancelled)() from None
        finally:
            gone.cancel()
            cancel.cancel()
            self._running.pop(cancel, None)
            self._ended.pop(cancel, None)

    def end(self, reason: Callable[[], Refused], callers: Container[str] | None = None) -> None:
        """Cancel what these callers have under way, or everybody; they are told `reason`."""
        for cancel, caller in list(self._running.items()):
            if callers is None or caller in callers:
                self._ended[cancel] = reason
                cancel.cancel()

    def close(self) -> None:
        """End all; idempotent."""
        self.end(ENDING)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _in_turn(self, cancel: Cancel, wait_s: float, work: Callable[[Cancel], T]) -> T:
        """A client that leaves while it waits takes no slot; one that has one keeps it until `work` ends."""
        turn = asyncio.ensure_future(self.slots.take(wait_s))
        cancel.on_cancel(_from_any_thread(turn.cancel))
        try:
            await turn
        except asyncio.CancelledError:
            cancel.check()
            raise
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, cancel)
        finally:
            self.slots.give_back()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _from_any_thread(call: Callable[[], object]) -> Callable[[], None]:
    loop = asyncio.get_running_loop()

    def later() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(call)

    return later
