"""The JSON forms of suggestions and verdicts, the same from every front end.

Text is kept as it is, since inserting `text` at `range` is the whole edit; `json.dumps` with its ASCII
escapes makes it harmless to a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rtlwright.server.types import (
    Completion,
    Diagnostic,
    Position,
    StageResult,
    Suggestion,
    Timings,
    Verdict,
)


def suggestion_json(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "id": suggestion.id,
        "text": suggestion.text,
        "range": {
            "start": _position_json(suggestion.range.start),
            "end": _position_json(suggestion.range.end),
        },
        "source": suggestion.source.value,
        "model": suggestion.model,
        "score": round(suggestion.score, 4),
        "verdict": verdict_json(suggestion.verdict),
    }


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "status": verdict.status.value,
        "ms": round(verdict.ms, 3),
        "stages": [_stage_json(stage) for stage in verdict.stages],
    }


def completion_json(completion: Completion) -> dict[str, Any]:
    found = {
        "suggestions": [suggestion_json(suggestion) for suggestion in completion.suggestions],
        "rejected": len(completion.rejected),
        "timings": {leg: round(ms, 3) for leg, ms in legs(completion.timings)},
    }
    if completion.agreement:
        found["agreement"] = completion.agreement
        found["outputs"] = [asdict(each) for each in completion.outputs]
    return found


def legs(timings: Timings) -> Iterable[tuple[str, float]]:
    """What took how long, in the order in which it happened."""
    return tuple((leg, getattr(timings, leg)) for leg in ("context", "sources", "check", "total"))


def _position_json(position: Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}


def _stage_json(stage: StageResult) -> dict[str, Any]:
    return {
        "name": stage.name,
        "status": stage.status.value,
        "ms": round(stage.ms, 3),
        "diagnostics": [_diagnostic_json(diagnostic) for diagnostic in stage.diagnostics],
        **({"reason": stage.reason} if stage.reason else {}),
    }


def _diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Places as everywhere in JSON, LSP's: from 0, in UTF-16 code units; null where the tool names none."""
    return {
        "severity": diagnostic.severity.value,
        "line": diagnostic.line - 1 if diagnostic.line else None,
        "column": diagnostic.column - 1 if diagnostic.column else None,
        "message": diagnostic.message,
        "tool": diagnostic.tool,
        "file": diagnostic.file,
        "hint": diagnostic.hint,
    }
