"""Whole modules in order: what the specification lists, how many behave alike, how sure the model was."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from rtlwright.server.check.reports import ModuleChecks
from rtlwright.server.interface import interface_stage
from rtlwright.server.rank import named_share
from rtlwright.server.types import (
    Candidate,
    Diagnostic,
    Severity,
    StageResult,
    Status,
    Suggestion,
    Verdict,
)

_VOTE, _NAMES = 2.0, 4.0
"""Weights beside the mean log-probability of a token: the share of the modules that behave alike, and the
share of a header's names that the specification has."""
_ENOUGH_VOTERS = 4


def vote(modules: Sequence[Candidate], checks: ModuleChecks, spec: str) -> list[Suggestion]:
    """One suggestion for each distinct text; the same text twice is two votes, not two suggestions."""
    best: dict[str, Suggestion] = {}
    for module, checked, share in zip(modules, checks.verdicts, checks.shares, strict=True):
        added = (interface_stage(module.text, spec), _alone(share, len(modules)))
        verdict = Verdict.of((*checked.stages, *(stage for stage in added if stage)))
        score = module.score + _VOTE * share + _NAMES * (named_share(module.text, spec) - 1)
        suggestion = Suggestion.of(uuid.uuid4().hex, module, verdict, score)
        if module.text not in best or suggestion.score > best[module.text].score:
            best[module.text] = suggestion
    return list(best.values())


def _alone(share: float, voters: int) -> StageResult | None:
    """A warning for a module that behaves as none of several others does: one of them is wrong."""
    if not share or voters < _ENOUGH_VOTERS or share * voters > 1.5:
        return None
    message = f"none of the other {voters - 1} candidates behaves like this one; look at it closely"
    found = Diagnostic(Severity.WARNING, 0, 0, message, "rtlwright")
    return StageResult("agreement", Status.WARN, 0.0, (found,))
