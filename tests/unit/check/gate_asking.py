"""Short ways to ask a gate."""

from __future__ import annotations

from pathlib import Path

from rtlwright.server.check.gate import Gate
from rtlwright.server.types import (
    Cancel,
    Candidate,
    Document,
    Position,
    ProjectView,
    Range,
    SourceName,
    StageResult,
    Verdict,
)

ROOT = Path("/project")


def at(text: str, mark: str = "<>") -> tuple[str, Position]:
    """The text without its mark, and where the mark was."""
    prefix, _, suffix = text.partition(mark)
    line = prefix.rfind("\n") + 1
    return prefix + suffix, Position(prefix.count("\n"), len(prefix[line:].encode("utf-16-le")) // 2)


def ask(
    gate: Gate, text: str, *candidates: str, name: str = "m.sv", view: ProjectView | None = None, **how
) -> list[Verdict]:
    """Verdicts of candidates at the mark `<>` in `text`."""
    plain, position = at(text)
    document = Document.of(ROOT / name, plain)
    given = [Candidate(each, Range.at(position), SourceName.MODEL) for each in candidates]
    view = view or ProjectView(ROOT, name)
    how = {"deadline_s": 30.0, "cancel": Cancel(), **how}
    return gate.check(document, given, view, **how)


def stage(verdict: Verdict, name: str) -> StageResult:
    return next(each for each in verdict.stages if each.name == name)
