"""The client's process: when it is gone, nobody is left to say `exit`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable


async def watch(pid: int, gone: Callable[[], None], every_s: float = 1.0) -> None:
    """Call `gone` once the process has ended. One that cannot be seen from here is not watched.

    A client in another PID namespace names a process that does not exist here, or is someone else's;
    the end of standard input then tells the same.
    """
    child = os.getppid() == pid
    if not _alive(pid):
        return
    while _alive(pid) and (not child or os.getppid() == pid):
        await asyncio.sleep(every_s)
    gone()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
