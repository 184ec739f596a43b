"""The client's process: when it is gone, nobody is left to say `exit`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable


async def watch(pid: int, gone: Callable[[], None], every_s: float = 1.0) -> None:
    """Call `gone` once the process has ended."""
    child = os.getppid() == pid
    while alive(pid) and (not child or os.getppid() == pid):
        await asyncio.sleep(every_s)
    gone()


def alive(pid: int) -> bool:
    """A client in another PID namespace names a process that is not alive here: not one to be watched."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
