"""Keys of one word ask for one line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rtlwright.server.model.protocol import Generation, ModelError, Sampling
from rtlwright.server.model.shared import SharedLines
from rtlwright.server.types import Cancel, Cancelled

LINE = [Generation("assign y = a;", -1.0, -1.0, 5, "stop")]


class _Slow:
    """Writes until it is told to end, or not wanted any more. Says what was asked of it."""

    name = "slow"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def fill(self, prefix: str, suffix: str, sampling: Sampling, cancel: Cancel) -> list[Generation]:
        self.asked.append(prefix)
        self.begun.release()
        while not self.go.wait(0.005) and not cancel.cancelled:
            pass
        if cancel.cancelled:
            self.ended.append(prefix)
        cancel.check()
        if prefix == "fails":
            raise ModelError("no answer")
        return LINE


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def shared(model: Any, grace_s: float) -> SharedLines:
    return SharedLines(model, grace_s)


def test_a_line_that_is_being_written_is_waited_for(threads: ThreadPoolExecutor) -> None:
    model = _Slow()
    lines, first, second = shared(model, 5.0), Cancel(), Cancel()
    older = threads.submit(lines.fill, "  ", "", Sampling(), first)
    assert model.begun.acquire(timeout=5)
    first.cancel()  # the next key
    with pytest.raises(Cancelled):
        older.result(5)
    newer = threads.submit(lines.fill, "  ", "", Sampling(), second)
    eventually(lambda: any(run.waiting for run in lines._runs.values()))
    model.go.set()
    assert newer.result(5) == LINE
    assert model.asked == ["  "] and not model.ended


def test_what_nobody_wants_ends_with_the_next_other_line(threads: ThreadPoolExecutor) -> None:
    model = _Slow()
    lines, first = shared(model, 5.0), Cancel()
    older = threads.submit(lines.fill, "old", "", Sampling(), first)
    assert model.begun.acquire(timeout=5)
    first.cancel()
    with pytest.raises(Cancelled):
        older.result(5)
    newer = threads.submit(lines.fill, "new", "", Sampling(), Cancel())
    assert model.begun.acquire(timeout=5)
    eventually(lambda: model.ended == ["old"])
    model.go.set()
    assert newer.result(5) == LINE


def test_and_after_a_while_by_itself(threads: ThreadPoolExecutor) -> None:
    model = _Slow()
    lines, cancel = shared(model, 0.01), Cancel()
    older = threads.submit(lines.fill, "old", "", Sampling(), cancel)
    assert model.begun.acquire(timeout=5)
    cancel.cancel()
    with pytest.raises(Cancelled):
        older.result(5)
    eventually(lambda: model.ended == ["old"])


def test_a_failure_is_everybodys(threads: ThreadPoolExecutor) -> None:
    model = _Slow()
    lines = shared(model, 5.0)
    model.go.set()
    for _ in range(2):
        with pytest.raises(ModelError):
            lines.fill("fails", "", Sampling(), Cancel())
    assert model.asked == ["fails", "fails"]
