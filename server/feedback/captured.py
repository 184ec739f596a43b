"""What of a request, a candidate and an event is kept: the one place where `capture` decides."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from rtlwright.server.feedback.records import Capture, RequestRecord
from rtlwright.server.types import Completion, FeedbackEvent, Suggestion, Verdict

MAX_PREFIX = 16_000
MAX_SUFFIX = 4_000
"""Characters nearest to the cursor: a request comes with every key, and files can be megabytes."""

Row = tuple[object, ...]

_CODELESS_KEYS = frozenset({"reason", "how"})
"""Details whose text is a word of ours, not of the user's."""


def request_row(request: RequestRecord, completion: Completion, capture: Capture, at: float) -> Row:
    full = capture == "full"
    return (
        at,
        request.kind,
        _clean(str(request.path)) if request.path else None,
        request.language.value,
        _clean(request.prefix[-MAX_PREFIX:]) if full else None,
        _clean(request.suffix[:MAX_SUFFIX]) if full else None,
        completion.timings.total,
    )


def candidate_rows(completion: Completion, capture: Capture) -> Iterator[Row]:
    """Best first; those that the gate withheld stand behind those that it let through."""
    everyone = [(s, False) for s in completion.suggestions] + [(s, True) for s in completion.rejected]
    for place, (suggestion, withheld) in enumerate(everyone):
        yield _candidate_row(suggestion, place, withheld, capture)


def event_row(event: FeedbackEvent, capture: Capture) -> Row:
    detail = dict(event.detail) if capture == "full" else _without_code(event.detail)
    return (event.at, _clean(event.suggestion_id), event.kind.value, _dump(detail))


def verdict_json(verdict: Verdict, capture: Capture) -> str:
    """Tools quote the code they complain of, so messages stay only where code may stay."""
    stages = []
    for stage in verdict.stages:
        entry: dict[str, object] = {"name": stage.name, "status": stage.status.value, "ms": stage.ms}
        if capture == "full":
            entry["diagnostics"] = [
                {"severity": d.severity.value, "line": d.line, "message": d.message, "tool": d.tool}
                for d in stage.diagnostics
            ]
        stages.append(entry)
    return _dump({"status": verdict.status.value, "ms": verdict.ms, "stages": stages})


def _candidate_row(suggestion: Suggestion, place: int, withheld: bool, capture: Capture) -> Row:
    return (
        _clean(suggestion.id),
        place,
        withheld,
        suggestion.source.value,
        suggestion.model,
        suggestion.score,
        suggestion.verdict.status.value,
        _clean(suggestion.text) if capture == "full" else None,
        verdict_json(suggestion.verdict, capture),
    )


def _without_code(detail: Mapping[str, object]) -> dict[str, object]:
    return {k: v for k, v in detail.items() if isinstance(v, int | float) or k in _CODELESS_KEYS}


def _dump(value: object) -> str:
    return json.dumps(value, default=str)


def _clean(text: str) -> str:
    """SQLite stores UTF-8; an editor can send half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
