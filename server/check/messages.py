"""One plain sentence for the messages that come most often: what it means, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rtlwright.server.check.hints import HINTS
from rtlwright.server.types import Diagnostic, StageResult

_HINTS = tuple((re.compile(pattern), sentence) for pattern, sentence in HINTS)


def hint(message: str) -> str | None:
    """The sentence for a tool's message, if it is a common one."""
    for pattern, sentence in _HINTS:
        if match := pattern.search(message):
            parts = {name: part or "" for name, part in match.groupdict().items()}
            return " ".join(sentence.format_map({"name": "", "other": "", **parts}).split())
    return None


def explained(stage: StageResult) -> StageResult:
    """The stage with a hint at each diagnostic that has none."""
    return replace(stage, diagnostics=tuple(_explain(stage.diagnostics)))


def _explain(diagnostics: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    for diagnostic in diagnostics:
        found = diagnostic.hint or hint(diagnostic.message)
        yield replace(diagnostic, hint=found) if found else diagnostic
