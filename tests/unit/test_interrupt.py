"""Ctrl-C where Python would lose it."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from rtlwright.server.cli import interrupt, main


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_it_interrupts() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, None)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_exit_status_is_the_shell_s(
    number: signal.Signals, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(**_: object) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr("rtlwright.server.cli.cli.main", told)
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    try:
        with pytest.raises(SystemExit) as ended:
            main()
        signal.raise_signal(number)  # once more, when all has been said
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert ended.value.code == status and capsys.readouterr().err == "rtlwright: interrupted\n"


def test_in_a_hook_around_a_fork_it_comes_a_moment_later() -> None:
    hook: Any = SimpleNamespace(f_globals=vars(logging))
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGTERM, hook)
        time.sleep(5)
        pytest.fail("it never came")
