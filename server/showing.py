"""What completing and generating have in common: a clock, ids, and what may be shown."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from rtlwright.server.check.reports import LEAVES_OPEN
from rtlwright.server.config import CompleteConfig
from rtlwright.server.rank import rank
from rtlwright.server.types import Status, Suggestion


class Clock:
    """Laps in milliseconds."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        ms, self._last = (now - self._last) * 1000, now
        return round(ms, 3)

    def total(self) -> float:
        return round((time.perf_counter() - self._start) * 1000, 3)


def sort_out(
    suggestions: Sequence[Suggestion], n: int, config: CompleteConfig
) -> tuple[list[Suggestion], list[Suggestion]]:
    """What may be shown, best first, and what was rejected. Nothing that fails is ever shown."""
    allowed = {Status.PASS}
    allowed |= {Status.WARN} if config.show_warnings else set()
    allowed |= {Status.UNCHECKED} if config.show_unchecked else set()
    ranked = rank(suggestions)
    shown = [s for s in ranked if s.verdict.status in allowed and not (leaves_open(s) or repeats(s))]
    return shown[:n], [s for s in ranked if s.verdict.status not in allowed or leaves_open(s) or repeats(s)]


def leaves_open(suggestion: Suggestion) -> bool:
    """A promise of the gate: what is shown brings no error, not even one that more typing would mend."""
    return any(d.message == LEAVES_OPEN for d in suggestion.verdict.diagnostics)


def repeats(suggestion: Suggestion) -> bool:
    """It declares what is declared already: legal in places, and never what somebody wants to type."""
    return any(d.message.startswith("redefinition of ") for d in suggestion.verdict.diagnostics)


def new_id() -> str:
    return uuid.uuid4().hex
