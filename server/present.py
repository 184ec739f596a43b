"""What every command shows of a result: the JSON forms of the contract, and the same for a terminal.

Text from a model, a tool or a file is hostile to a terminal (escape sequences, bidirectional overrides):
whatever is printed goes through `sanitize` first. The JSON forms keep text as it is, since inserting
`text` at `range` is the whole edit; serialize them with `json.dumps`, whose ASCII escapes are harmless.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from rtlwright.server.types import (
    CheckReport,
    Completion,
    Diagnostic,
    Position,
    Severity,
    StageResult,
    Status,
    Suggestion,
    Timings,
    Verdict,
)

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UTF8_MARKS = {"pass": "✔", "warn": "▲", "fail": "✘", "unchecked": "?", "skipped": "–", "dot": "·"}
_ASCII_MARKS = {"pass": "+", "warn": "!", "fail": "x", "unchecked": "?", "skipped": "-", "dot": "|"}
_STYLES = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.FAIL: "red",
    Status.UNCHECKED: "magenta",
    Status.SKIPPED: "dim",
}


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
    return {
        "suggestions": [suggestion_json(suggestion) for suggestion in completion.suggestions],
        "rejected": len(completion.rejected),
        "timings": {leg: round(ms, 3) for leg, ms in _legs(completion.timings)},
    }


def check_json(report: CheckReport) -> dict[str, Any]:
    return {"verdict": verdict_json(report.verdict), "files": list(report.files)}


def sanitize(text: str, encoding: str = "utf-8") -> str:
    """`text` without anything that a terminal would obey, and with only what `encoding` can say.

    Newlines and tabs stay. ESC becomes ␛ (and so on for its kin), other invisible characters �.
    """
    text = text.replace("\r\n", "\n")
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return text.encode(encoding, "replace").decode(encoding)


def one_line(text: str, encoding: str = "utf-8") -> str:
    """`sanitize`, with every run of white space made one space."""
    return " ".join(sanitize(text, encoding).split())


def mark(name: str, options: ConsoleOptions) -> str:
    """A sign for a status (or `dot`, between items) that the console's encoding has."""
    return (_ASCII_MARKS if options.ascii_only else _UTF8_MARKS)[name]


def reason(verdict: Verdict) -> str:
    """Why a candidate was not passed: the first error (else message, else stage) in the tool's words."""
    found = sorted(verdict.diagnostics, key=lambda d: d.severity is not Severity.ERROR)
    if found:
        return f"{found[0].tool}: {found[0].message}"
    unfinished = (s for s in verdict.stages if s.status in (Status.UNCHECKED, Status.FAIL))
    return next((f"{stage.name}: {stage.reason or stage.status}" for stage in unfinished), verdict.status)


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """`✔ pass  splice 0.1 · syntax 1.2 · icarus 6.3 · yosys 4.0 ms`; stages that did not pass bear a mark."""

    verdict: Verdict
    lead: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        status = self.verdict.status
        line = Text(f"{self.lead}  " if self.lead else "", style="bold")
        line.append(f"{mark(status, options)} {status}", style=_STYLES[status])
        for n, stage in enumerate(self.verdict.stages):
            line.append(f" {mark('dot', options)} " if n else "  ", style="dim")
            line.append_text(self._stage(stage, options))
        line.append(" ms" if self.verdict.stages else "", style="dim")
        yield line

    def _stage(self, stage: StageResult, options: ConsoleOptions) -> Text:
        name = one_line(stage.name, options.encoding)
        if stage.status is Status.PASS:
            return Text(f"{name} {stage.ms:.1f}", style="dim")
        return Text(f"{mark(stage.status, options)} {name} {stage.ms:.1f}", style=_STYLES[stage.status])


@dataclass(frozen=True, slots=True)
class DiagnosticLine:
    """`file:line:col  icarus: message`, and a hint below it where there is one."""

    diagnostic: Diagnostic
    file: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        found = self.diagnostic
        style = {"error": "red", "warning": "yellow"}.get(found.severity, "dim")
        place = ":".join(str(part) for part in (found.file or self.file, found.line, found.column) if part)
        line = Text(one_line(f"{place}  " if place else "", options.encoding))
        line.append(f"  {found.severity}" if place else str(found.severity), style=style)
        line.append(f"  {one_line(f'{found.tool}: {found.message}', options.encoding)}")
        yield line
        if found.hint:
            yield Padding(Text(one_line(found.hint, options.encoding), style="italic"), (0, 0, 0, 4), expand=False)


@dataclass(frozen=True, slots=True)
class Line:
    """Plain text of whatever origin, made safe for the console it meets."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(one_line(self.text, options.encoding), style=self.style)


def suggestion_notes(suggestion: Suggestion, title: str = "") -> RenderableType:
    """Where a suggestion came from, its verdict, and what the tools said; indented under its code."""
    lead = f"{title}{suggestion.source}"
    found = [DiagnosticLine(diagnostic) for diagnostic in suggestion.verdict.diagnostics]
    return indented(VerdictLine(suggestion.verdict, lead), *found)


def rejections(completion: Completion, limit: int = 3) -> Iterator[RenderableType]:
    """One line per distinct reason why candidates are not shown, commonest first."""
    counts: dict[str, int] = {}
    for suggestion in completion.rejected:
        why = reason(suggestion.verdict)
        counts[why] = counts.get(why, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    for why, count in ordered[:limit]:
        yield Line(f"rejected {count}: {why}", "red")
    if hidden := sum(count for _, count in ordered[limit:]):
        yield Line(f"rejected {hidden} more, for {len(ordered) - limit} other reasons", "dim")


def completion_notes(completion: Completion) -> RenderableType:
    """What holds for the whole answer: agreement, rejections, notes, timings."""
    lines: list[RenderableType] = []
    if completion.agreement:
        lines.append(Line(completion.agreement, "cyan"))
    lines += rejections(completion)
    lines += [Line(f"note: {note}", "yellow") for note in completion.notes]
    timings = ", ".join(f"{leg} {_duration(ms)}" for leg, ms in _legs(completion.timings))
    return indented(*lines, Line(timings, "dim"))


def check_view(report: CheckReport) -> RenderableType:
    """A verdict per file, with its diagnostics; the overall verdict last, where several files were given."""
    lines: list[RenderableType] = []
    for file in report.files:
        verdict = report.by_file.get(file, report.verdict)
        lines.append(Line(file, "bold"))
        lines.append(indented(VerdictLine(verdict), *(DiagnosticLine(d, file) for d in verdict.diagnostics)))
    if len(report.files) != 1:
        lines.append(VerdictLine(report.verdict, "all files"))
    return Group(*lines)


def indented(*lines: RenderableType) -> RenderableType:
    return Padding(Group(*lines), (0, 0, 0, 2), expand=False)


def _duration(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 10_000 else f"{ms:.1f} ms" if ms < 100 else f"{ms:.0f} ms"


def _legs(timings: Timings) -> Iterable[tuple[str, float]]:
    return tuple((leg, getattr(timings, leg)) for leg in ("context", "sources", "check", "total"))


def _position_json(position: Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}


def _stage_json(stage: StageResult) -> dict[str, Any]:
    return {
        "name": stage.name,
        "status": stage.status.value,
        "ms": round(stage.ms, 3),
        "diagnostics": [_diagnostic_json(diagnostic) for diagnostic in stage.diagnostics],
    }


def _diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "severity": diagnostic.severity.value,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "message": diagnostic.message,
        "tool": diagnostic.tool,
    }


def _visible(character: str) -> str:
    code = ord(character)
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\ufffd"
