"""What the events of one suggestion say of it: the label rules, as pure functions.

The rules, first match wins (DESIGN: Feedback):

1. settled with less than half of it kept: rejected, however it was accepted;
2. accepted: chosen;
3. typed through, character by character: chosen;
4. partly accepted: partial, neither example nor counterexample;
5. rejected (diverged, dismissed) after less than 500 ms on screen: undecided, nobody read it;
6. rejected later than that: rejected;
7. replaced by another suggestion, or its document closed: undecided;
8. shown and nothing else: rejected once 10 s have passed, undecided before.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from rtlwright.server.types import EventKind, FeedbackEvent

FLICKER_MS = 500.0
IGNORED_AFTER_S = 10.0
SETTLE_AFTER_S = 60.0
KEPT_AT_LEAST = 0.5


class Label(StrEnum):
    """The use of a suggestion as preference data."""

    CHOSEN = "chosen"
    REJECTED = "rejected"
    PARTIAL = "partial"
    UNDECIDED = "undecided"


def label(events: Sequence[FeedbackEvent], now: float) -> Label:
    """The label of one suggestion from its events, in any order; `now` in seconds since the epoch."""
    by_kind = {event.kind: event for event in sorted(events, key=lambda event: event.at)}
    if (settled := by_kind.get(EventKind.SETTLED)) and kept(settled) < KEPT_AT_LEAST:
        return Label.REJECTED
    if EventKind.ACCEPTED in by_kind or EventKind.TYPED_THROUGH in by_kind:
        return Label.CHOSEN
    if EventKind.PARTIALLY_ACCEPTED in by_kind:
        return Label.PARTIAL
    shown = by_kind.get(EventKind.SHOWN)
    if rejected := by_kind.get(EventKind.REJECTED):
        return Label.UNDECIDED if visible_ms(shown, rejected) < FLICKER_MS else Label.REJECTED
    if shown is None or EventKind.REPLACED in by_kind:
        return Label.UNDECIDED
    return Label.REJECTED if now - shown.at >= IGNORED_AFTER_S else Label.UNDECIDED


def visible_ms(shown: FeedbackEvent | None, ended: FeedbackEvent) -> float:
    """How long a suggestion was on screen: as the front end measured it, else from the two events."""
    measured = ended.detail.get("visible_ms")
    if isinstance(measured, int | float) and not isinstance(measured, bool):
        return float(measured)
    return (ended.at - shown.at) * 1000 if shown else 0.0


def kept(settled: FeedbackEvent) -> float:
    """The kept ratio that a settled event carries; 1.0 if it carries none."""
    ratio = settled.detail.get("kept", 1.0)
    return float(ratio) if isinstance(ratio, int | float) else 1.0


def kept_ratio(accepted: str, document: str) -> float:
    """The share of the accepted lines that still stand in the document, indentation aside.

    `kept_ratio("a\\nb\\n", "  a\\nc\\n")` is 0.5. A line counts as kept if it stands anywhere: text that
    was moved is text that was kept. Text without a single visible character counts as kept.
    """
    lines = [line.strip() for line in accepted.splitlines() if line.strip()]
    if not lines:
        return 1.0
    present = [line.strip() for line in document.splitlines()]
    return sum(any(line in other for other in present) for line in lines) / len(lines)
