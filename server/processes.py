"""Other processes, as /proc tells of them: who is whose child, and who has been stopped."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process that has not ended."""

    parent: int
    session: int
    stopped: bool
    """By a signal: it does nothing until somebody lets it go on."""


def table() -> Mapping[int, Process]:
    """Every process that this one can see, by its id; empty where there is no /proc."""
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - an object for each would take longer than all the rest
    except OSError:
        return {}
    found = ((int(name), of(int(name))) for name in names if name.isdigit())
    return {pid: process for pid, process in found if process is not None}


def session(leader: int) -> frozenset[int]:
    """The processes of a session."""
    return frozenset(pid for pid, process in table().items() if process.session == leader)


def stopped(root: int) -> bool:
    """`root` or something below it has been stopped."""
    known = table()
    found = {root} & known.keys()
    while found:
        if any(known[pid].stopped for pid in found):
            return True
        found = {pid for pid, process in known.items() if process.parent in found}
    return False


def of(pid: int) -> Process | None:
    """The process with this id; None if there is none, or it has ended."""
    try:
        data = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    state, parent, _, session = data[data.rindex(b")") + 2 :].split(None, 4)[:4]
    return None if state in (b"Z", b"X") else Process(int(parent), int(session), state == b"T")
