"""One plain sentence for the messages that come most often: what it means, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rtlwright.server.check.hints import HINTS
from rtlwright.server.check.places import TextOf, placed
from rtlwright.server.check.text.system_names import meant
from rtlwright.server.types import Diagnostic, StageResult

_HINTS = tuple((re.compile(pattern), sentence) for pattern, sentence in HINTS)


_SYSTEM = re.compile(r"(?:unknown system name|resolve (?:task|function) name) [`'\"]\\?(\$[\w$]+)")


def hint(message: str) -> str | None:
    """The sentence for a tool's message, if it is a common one."""
    if (system := _SYSTEM.search(message)) and (other := meant(system[1])):
        return f"No system task or function is called {system[1]}; is {other} meant?"
    for pattern, sentence in _HINTS:
        if match := pattern.search(message):
            parts = {name: part or "" for name, part in match.groupdict().items()}
            return " ".join(sentence.format_map({"name": "", "other": "", **parts}).split())
    return None


def explained(stage: StageResult, text_of: TextOf) -> StageResult:
    """The stage with each diagnostic in its place, and with a hint where one is known."""
    stage = placed(stage, text_of)
    return replace(stage, diagnostics=tuple(_explain(stage.diagnostics)))


def _explain(diagnostics: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    for diagnostic in diagnostics:
        found = diagnostic.hint or hint(diagnostic.message)
        yield replace(diagnostic, hint=found) if found else diagnostic
