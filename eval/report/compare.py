"""Two or more runs of one benchmark, problem by problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rtlwright.eval.passk import Difference, difference, pass_at_k
from rtlwright.eval.record import Record
from rtlwright.eval.summary import Summary, summarize
from rtlwright.server.errors import UserError


@dataclass(frozen=True)
class Run:
    """A run under the name that tells it from the others."""

    label: str
    summary: Summary


@dataclass(frozen=True)
class Comparison:
    """`after` against `before`, on the problems that both have."""

    before: Run
    after: Run
    k: int
    problems: int
    found: Difference
    better: tuple[tuple[str, float, float], ...]
    """(problem, before, after) where `after` has the higher pass@k, largest gain first."""
    worse: tuple[tuple[str, float, float], ...]


def runs_of(records: Sequence[Record]) -> dict[str, list[Run]]:
    """Benchmark → its runs, in the order in which they come."""
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.settings.key].append(record)
    found: defaultdict[str, list[Run]] = defaultdict(list)
    for group in groups.values():
        settings = group[0].settings
        same = sum(run.summary.settings.model == settings.model for run in found[settings.benchmark])
        label = f"{settings.model} ({same + 1})" if same else settings.model
        found[settings.benchmark].append(Run(label, summarize(group)))
    return dict(found)


def compare(before: Run, after: Run, k: int = 1) -> Comparison:
    """Paired over problems.

    Raises:
        UserError: the runs have no problem in common, or too few samples for k.
    """
    old, new = before.summary.per_problem, after.summary.per_problem
    common = [name for name in old if name in new]
    if not common:
        raise UserError(f"{before.label} and {after.label} have no problem in common")
    try:
        pairs = [(name, _value(old[name], k), _value(new[name], k)) for name in common]
    except ValueError:
        raise UserError(f"{before.label} and {after.label}: too few samples for pass@{k}") from None
    found = difference([a for _, a, _ in pairs], [b for _, _, b in pairs])
    gains = sorted(pairs, key=lambda pair: pair[1] - pair[2])
    return Comparison(
        before, after, k, len(common), found, tuple(p for p in gains if p[2] > p[1]),
        tuple(p for p in reversed(gains) if p[2] < p[1]),
    )  # fmt: skip


def _value(counts: tuple[int, int], k: int) -> float:
    return pass_at_k(counts[1], counts[0], k)
