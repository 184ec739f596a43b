"""The report as a table: by class, by construct, by hole, by source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unfinished.report import Judged, Outcome


@dataclass(frozen=True)
class Row:
    """Counts of one group of cases."""

    name: str
    cases: int
    wrong: int
    apart: int

    @property
    def rate(self) -> float:
        return self.wrong / max(1, self.cases)

    def __str__(self) -> str:
        return f"  {self.name:30} {self.cases:6} {self.wrong:6} {self.rate:7.2%} {self.apart:6}"


def rows(judged: Sequence[Judged], name: Callable[[Judged], str]) -> list[Row]:
    groups: dict[str, list[Judged]] = {}
    for each in judged:
        groups.setdefault(name(each), []).append(each)
    return [row(group, members) for group, members in sorted(groups.items())]


def row(name: str, members: Sequence[Judged]) -> Row:
    apart = sum(each.outcome is Outcome.APART for each in members)
    wrong = sum(each.outcome is Outcome.WRONG for each in members)
    return Row(name, len(members) - apart, wrong, apart)


def split(judged: Sequence[Judged]) -> tuple[list[Judged], list[Judged]]:
    """(true continuations, broken ones)."""
    return [j for j in judged if j.case.true], [j for j in judged if not j.case.true]


def totals(judged: Sequence[Judged]) -> tuple[Row, Row]:
    true, broken = split(judged)
    return row("false alarms", true), row("misses", broken)


def table(judged: Sequence[Judged]) -> str:
    lines = []
    for title, wrong, members in zip(
        ("true continuations", "broken continuations"), ("alarms", "misses"), split(judged), strict=True
    ):
        lines.append(f"{title:32} {'cases':>6} {wrong:>6} {'rate':>7} {'apart':>6}")
        for what, name in _GROUPS:
            lines.append(f" by {what}")
            lines += [str(each) for each in rows(members, name)]
    lines += [str(each) for each in totals(judged)]
    return "\n".join(lines)


_GROUPS: tuple[tuple[str, Callable[[Judged], str]], ...] = (
    ("class", lambda each: each.case.kind),
    ("construct", lambda each: each.case.construct),
    ("what is missing behind", lambda each: each.case.hole.value),
    ("source", lambda each: each.case.file.source),
)


def shown(each: Judged) -> str:
    """One case for a developer to look at."""
    case = each.case
    lines = [
        f"--- {case.kind} | {each.why} | {case.file.source} {case.file.name} | {case.construct} | {case.hole}"
    ]
    lines += [f"   {case.before[-160:]!r}", f"   >> {case.candidate!r}"]
    if each.spliced.text != case.candidate:
        lines.append(f"   spliced {each.spliced.text!r}")
    lines.append(f"   << {case.after[:100]!r}")
    stages = [(s.name, s.status.value, s.reason) for s in each.verdict.stages if s.reason]
    lines.append(f"   {each.verdict.status.value} {each.verdict.reasons} {stages}")
    return "\n".join(lines)
