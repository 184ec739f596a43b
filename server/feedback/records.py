"""The nouns of the feedback store: what goes in beside events, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rtlwright.server.types import Language

Capture = Literal["full", "metadata", "off"]


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """The asking side of one request. The store keeps of it what `capture` allows."""

    kind: Literal["complete", "generate"]
    language: Language
    prefix: str
    """Text before the cursor, or the specification."""
    suffix: str = ""
    """Text after the cursor; empty for a specification."""
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a stored candidate answered; the export renders it in the words of one model."""

    kind: str
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class SourceStats:
    """Counts of distinct suggestions of one source."""

    shown: int = 0
    accepted: int = 0
    rate: float = 0.0
    """Accepted of shown; 0.0 if none was shown."""

    @classmethod
    def of(cls, shown: int, accepted: int) -> SourceStats:
        return cls(shown, accepted, accepted / shown if shown else 0.0)


@dataclass(frozen=True, slots=True)
class FeedbackStats:
    """Counts of distinct suggestions, over everything that is stored."""

    requests: int = 0
    candidates: int = 0
    withheld: int = 0
    """Candidates that the gate kept from the user."""
    events: int = 0
    shown: int = 0
    accepted: int = 0
    rejected: int = 0
    """By the label rules, not by what was merely not accepted."""
    rate: float = 0.0
    """Accepted of shown; 0.0 if none was shown."""
    by_source: Mapping[str, SourceStats] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """For `doctor` and the status line."""

    enabled: bool
    path: Path | None
    reason: str | None = None
    """Why nothing is recorded; one line."""
    notes: tuple[str, ...] = ()
    """What the user should know, the reason among it unless it is the user's own choice: a corrupt file
    that was moved aside, an event that could not be written."""
