"""Order of the suggestions: what the gate said first, then how sure and how corroborated a candidate is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtlwright.server.types import Candidate, SourceName, Status, Suggestion

_ORDER = {Status.PASS: 0, Status.WARN: 1, Status.UNCHECKED: 2, Status.FAIL: 3}
_CORROBORATION = 0.5
"""Added when a second source has the same text: two witnesses that know nothing of each other."""


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One of each text and range (white space apart), the best score kept and raised if sources agree."""
    best: dict[tuple[object, ...], Candidate] = {}
    witnesses: dict[tuple[object, ...], set[SourceName]] = {}
    for candidate in candidates:
        key = (candidate.range, " ".join(candidate.text.split()))
        witnesses.setdefault(key, set()).add(candidate.source)
        if key not in best or candidate.score > best[key].score:
            best[key] = candidate
    raised = [_raise(c, _CORROBORATION * (len(witnesses[key]) - 1)) for key, c in best.items()]
    return sorted(raised, key=lambda c: -c.score)


def rank(suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """Passed before warned of before unchecked; within these, by score. Stable."""
    return sorted(suggestions, key=lambda s: (_ORDER.get(s.verdict.status, 3), -s.score))


def _raise(candidate: Candidate, by: float) -> Candidate:
    if not by:
        return candidate
    return Candidate(candidate.text, candidate.range, candidate.source, candidate.model, candidate.score + by)
