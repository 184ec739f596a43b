"""Verdicts in words."""

from __future__ import annotations

from rtlwright.server.types import StageResult, Status, Suggestion

_NAMES = {
    "splice": "trimmed to its place",
    "syntax": "slang",
    "icarus": "Icarus Verilog",
    "yosys": "Yosys",
    "behaviour": "simulation",
    "interface": "ports as specified",
    "agreement": "agreement",
}
_SAYS = {
    Status.PASS: "passed",
    Status.WARN: "warns",
    Status.FAIL: "rejects it",
    Status.SKIPPED: "skipped",
    Status.UNCHECKED: "not finished",
}


def how_checked(suggestion: Suggestion) -> str:
    """One line: `model · passed slang, Icarus Verilog, Yosys` or `recall · Yosys warns: latch for y`."""
    stages = [stage for stage in suggestion.verdict.stages if stage.name != "splice"]
    supposed = next(
        (f", {s.reason}" for s in suggestion.verdict.stages if s.name == "splice" and s.reason), ""
    )
    worst = next((s for s in stages if s.status is suggestion.verdict.status), None)
    if suggestion.verdict.status is Status.PASS or worst is None:
        passed = ", ".join(_name(stage) for stage in stages if stage.status is Status.PASS)
        return f"{suggestion.source} · {f'passed {passed}' if passed else 'unchecked'}{supposed}"
    reason = next((d.message for d in worst.diagnostics), worst.reason or "")
    because = f": {reason}" if reason else ""
    return f"{suggestion.source} · {_name(worst)} {_SAYS[worst.status]}{because}{supposed}"


def explanation(suggestion: Suggestion) -> str:
    """Markdown: every stage, what it said and how long it took."""
    by = suggestion.model or suggestion.source
    lines = [f"**{suggestion.verdict.status}**, written by {by}", ""]
    for stage in suggestion.verdict.stages:
        reason = f": {stage.reason}" if stage.reason else ""
        lines.append(f"- {_name(stage)}: {_SAYS[stage.status]}{reason} ({stage.ms:.1f} ms)")
        for diagnostic in stage.diagnostics:
            where = f"line {diagnostic.line}: " if diagnostic.line else ""
            hint = f" {diagnostic.hint}" if diagnostic.hint else ""
            lines.append(f"  - {where}{diagnostic.message}.{hint}")
    return "\n".join(lines)


def _name(stage: StageResult) -> str:
    return _NAMES.get(stage.name, stage.name)
