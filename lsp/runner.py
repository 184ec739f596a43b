"""Blocking calls of the service in threads, under a `Cancel`, with every failure turned into an outcome."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from rtlwright.lsp.notices import Notices
from rtlwright.server.errors import UserError
from rtlwright.server.types import Cancel, Cancelled

log = logging.getLogger(__name__)
T = TypeVar("T")

THREADS = 8
FAILED = "rtlwright met an internal error; see the log (rtlwright.status names it)"


class Runner:
    """The one place where an exception of the service is caught."""

    def __init__(self, notices: Notices):
        self._notices = notices
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="rtlwright-call")

    async def run(self, cancel: Cancel, call: Callable[[], T]) -> T | None:
        """The result; None after a failure, of which the user has been told.

        Returns as soon as `cancel` is set, even if the call goes on for a while in its thread.

        Raises:
            Cancelled: `cancel` was set, by a newer request for example.
            asyncio.CancelledError: the client cancelled; `cancel` is set then, too.
        """
        loop = asyncio.get_running_loop()
        stopped = loop.create_future()
        cancel.on_cancel(partial(_from_any_thread, loop, stopped))
        work = loop.run_in_executor(self._pool, self._guarded, cancel, call)
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            cancel.cancel()
            raise
        cancel.check()
        return work.result()

    async def sleep(self, cancel: Cancel, seconds: float) -> None:
        """Wait, unless `cancel` is set meanwhile.

        Raises:
            Cancelled: it was.
        """
        if seconds > 0:
            stopped = asyncio.get_running_loop().create_future()
            cancel.on_cancel(partial(_from_any_thread, asyncio.get_running_loop(), stopped))
            await asyncio.wait({stopped}, timeout=seconds)
        cancel.check()

    def recovered(self) -> None:
        """What was told may be told again, should it come again."""
        self._notices.forget()

    def close(self) -> None:
        """Start nothing any more; calls under way end by their own `Cancel`."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _guarded(self, cancel: Cancel, call: Callable[[], T]) -> T | None:
        """In the thread. A call that was cancelled while it waited for a thread is not made."""
        try:
            cancel.check()
            return call()
        except Cancelled:
            return None  # whoever waited has left
        except UserError as error:
            self._notices.say(str(error))
        except Exception as error:
            if not cancel.cancelled:
                log_failure("the service failed", error)
                self._notices.say(FAILED)
        return None


def log_failure(what: str, error: BaseException) -> None:
    """Type and places, not the message, which may quote code."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.name} {frame.filename}:{frame.lineno}" for frame in reversed(frames))
    log.error("%s: %s at %s", what, type(error).__name__, places)


def _from_any_thread(loop: asyncio.AbstractEventLoop, future: asyncio.Future[None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(_resolve, future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
