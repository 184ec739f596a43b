"""Ctrl-C where Python would lose it."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from rtlwright.server.cli import interrupt


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_it_interrupts() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, None)


def test_in_a_hook_around_a_fork_it_comes_a_moment_later() -> None:
    hook: Any = SimpleNamespace(f_globals=vars(logging))
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGTERM, hook)
        time.sleep(5)
        pytest.fail("it never came")
