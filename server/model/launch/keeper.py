"""Stands between the supervisor and vLLM: `python keeper.py LOG -- ARGV…`. Knows only the standard library.

vLLM is several processes, and when its first one is killed the others go on and keep their memory. The keeper
leads their process group; it ends all of it when vLLM's first process ends, when it is told to by SIGTERM, or
when its standard input ends, which it does when whoever started it is gone, however that came about.

It ends with vLLM's exit status (128 + the number of a signal).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_GRACE_S = 10.0
"""For vLLM to end by itself once it was told to."""


def main(log: str, argv: list[str]) -> int:
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)  # usually a session of its own already
    woken, wake = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os.write(wake, b"x"))
    signal.signal(signal.SIGCHLD, lambda *_: os.write(wake, b"c"))
    with open(log, "ab", buffering=0) as file:  # noqa: PTH123 - nothing but the standard library, quickly
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file, preexec_fn=_die_with_keeper
        )
    told = False
    while child.poll() is None and not told:
        ready, _, _ = select.select([0, woken], [], [])
        told = 0 in ready or (woken in ready and b"x" in os.read(woken, 512))
    if child.poll() is None:
        _end(child)
    status = child.returncode
    _kill_the_rest()
    return status if status >= 0 else 128 - status


def _die_with_keeper() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _end(child: subprocess.Popen[bytes]) -> None:
    """First kindly, to the first process alone: it ends the others in order."""
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    end = time.monotonic() + _GRACE_S
    while child.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    if child.poll() is None:
        child.kill()
        child.wait()


def _kill_the_rest() -> None:
    """Everything in our group but ourselves."""
    own = os.getpgrp()
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError, ValueError):
                if os.getpgid(int(name)) == own:
                    os.kill(int(name), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[3:]))
