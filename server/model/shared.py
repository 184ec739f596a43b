"""A line that the model is writing is not begun again because one more letter of it was typed.

The prompt ends before the word under the cursor (`sources.model`), so that each key of a word asks for the
same line. Who asks for one that is being written waits for that. Not covered: a key that ends the word
makes another prompt, whose line is begun anew; what a prompt has in common with the last one is the engine's
to keep.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from rtlwright.server.model.protocol import Generation, Model, Sampling
from rtlwright.server.types import Cancel, Cancelled

GRACE_S = 0.3
"""How long a line that nobody waits for any more is written on: until the next key."""


@dataclass(eq=False)
class _Run:
    future: Future[list[Generation]]
    cancel: Cancel = field(default_factory=Cancel)
    waiting: int = 0


class SharedLines:
    """Thread-safe. A line that nobody wants ends with the next other one, or after `GRACE_S`."""

    def __init__(self, model: Model, grace_s: float = GRACE_S):
        self.model = model
        self._grace_s = grace_s
        self._lock = threading.Lock()
        self._runs: dict[Hashable, _Run] = {}
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="rtlwright-line")

    def fill(self, prefix: str, suffix: str, sampling: Sampling, cancel: Cancel) -> list[Generation]:
        """See `Model.fill`."""
        cancel.check()
        run = self._joined((prefix, suffix, sampling))
        done = threading.Event()
        run.future.add_done_callback(lambda _: done.set())
        cancel.on_cancel(done.set)
        done.wait()
        self._leave(run)
        if cancel.cancelled:
            raise Cancelled
        return run.future.result()

    def close(self) -> None:
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.cancel.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _joined(self, key: tuple[str, str, Sampling]) -> _Run:
        """The run for `key`, begun if need be; those that nobody waits for make room."""
        with self._lock:
            run = self._runs.get(key)
            if run is None or run.future.done():
                orphans = [other for other in self._runs.values() if not other.waiting]
                run = self._runs[key] = self._begun(key)
            else:
                orphans = []
            run.waiting += 1
        for orphan in orphans:
            orphan.cancel.cancel()
        return run

    def _begun(self, key: tuple[str, str, Sampling]) -> _Run:
        run = _Run(Future())

        def work() -> None:
            try:
                run.future.set_result(self.model.fill(*key, run.cancel))
            except BaseException as error:
                run.future.set_exception(error)
            finally:
                with self._lock:
                    if self._runs.get(key) is run:
                        del self._runs[key]

        self._threads.submit(work)
        return run

    def _leave(self, run: _Run) -> None:
        with self._lock:
            run.waiting -= 1
            orphaned = run.waiting == 0 and not run.future.done()
        if orphaned:
            timer = threading.Timer(self._grace_s, self._end, (run,))
            timer.daemon = True
            timer.start()

    def _end(self, run: _Run) -> None:
        with self._lock:
            wanted = run.waiting > 0
        if not wanted:
            run.cancel.cancel()
