"""Small things that every stage needs."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rtlwright.server.check.confine.runner import Child, Ended
from rtlwright.server.types import Diagnostic, Severity, StageResult, Status

ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}
"""All that a tool gets to know of its surroundings."""


def staged(name: str, found: Sequence[Diagnostic], ms: float) -> StageResult:
    """A stage that came to its end, with what it found."""
    severities = {diagnostic.severity for diagnostic in found}
    status = Status.WARN if Severity.WARNING in severities else Status.PASS
    status = Status.FAIL if Severity.ERROR in severities else status
    return StageResult(name, status, round(ms, 3), tuple(found))


def skipped(name: str, reason: str, ms: float = 0.0) -> StageResult:
    return StageResult(name, Status.SKIPPED, round(ms, 3), (), reason)


def unchecked(name: str, reason: str, ms: float = 0.0) -> StageResult:
    return StageResult(name, Status.UNCHECKED, round(ms, 3), (), reason)


def since(begun: float) -> float:
    """Milliseconds since a value of `time.perf_counter`."""
    return (time.perf_counter() - begun) * 1e3


def concerns_dpi(text: str) -> bool:
    """It may import foreign code, which Yosys is told not to run, and cannot judge then."""
    return "DPI" in text


def cut_short(child: Child) -> str | None:
    """Why a tool's word does not count, if it was not its last."""
    return None if child.ended is Ended.EXITED else child.reason


def position(text: str, offset: int) -> tuple[int, int]:
    """1-based line and 1-based UTF-16 column of an offset in code points."""
    offset = max(0, min(offset, len(text)))
    start = text.rfind("\n", 0, offset) + 1
    column = len(text[start:offset].encode("utf-16-le", "replace")) // 2 + 1
    return text.count("\n", 0, offset) + 1, column
